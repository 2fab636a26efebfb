"""A rendition's pixels to bytes: stills and animations, and what they keep of their owner."""
