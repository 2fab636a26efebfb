"""The `mediamill` command."""
