"""The manifest's part of a record: what may be told, and how much of it."""
