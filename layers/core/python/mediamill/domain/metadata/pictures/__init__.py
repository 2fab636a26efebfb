"""Pictures without their pixels: a header by its container, then the blocks in it."""
