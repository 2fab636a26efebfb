"""Office files and books: their properties, from as few parts as hold them."""
