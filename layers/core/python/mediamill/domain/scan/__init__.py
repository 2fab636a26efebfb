"""What a scan for malware came to, and with which definitions it may be believed."""
