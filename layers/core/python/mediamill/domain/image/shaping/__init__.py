"""Decoded pixels to a rendition's: turned, cropped, resized, and in sRGB."""
