"""PDF: structure and claims, never a page laid out."""
