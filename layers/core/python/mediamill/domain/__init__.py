"""What mediamill knows, free of AWS: bytes and values in, values out."""
