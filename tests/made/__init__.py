"""Inputs that the tests make by script, so that no file of anyone else's is committed."""
