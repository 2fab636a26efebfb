"""How bytes, text and dates are read, within bounds, whatever the file says."""
