"""Resume and replay: one mechanism. The real law runs again over a record's own inputs."""
