"""Readers of picture containers: dimensions and metadata blocks, without decoding a pixel."""
