"""What a person meets: one file a command family. Nothing here decides anything."""
