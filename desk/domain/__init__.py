"""What decides, pure: no I/O, no clock, no randomness, no framework. Standard library only."""
