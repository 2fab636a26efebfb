"""AWS in memory, and a search through what may happen there."""
