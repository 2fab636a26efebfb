"""Scanning for malware: the daemon, its definitions, the gate, and what follows from it."""
