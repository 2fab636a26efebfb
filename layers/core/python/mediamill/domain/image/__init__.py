"""Pictures: an original's bytes in, its renditions and picture facts out."""

from .encoding import CONTENT_TYPE, EXTENSION, encode
from .rendering import Rendering, Rendition, render, render_raster

__all__ = [
    "CONTENT_TYPE",
    "EXTENSION",
    "Rendering",
    "Rendition",
    "encode",
    "render",
    "render_raster",
]
