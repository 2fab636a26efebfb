"""Bytes in: which container they are, what it announces, and its pixels decoded once."""
