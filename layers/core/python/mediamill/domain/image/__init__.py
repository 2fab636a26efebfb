"""Pictures: an original's bytes in, its renditions and picture facts out."""

from .encoding import encode
from .rendering import Rendering, Rendition, render, render_raster

__all__ = [
    "Rendering",
    "Rendition",
    "encode",
    "render",
    "render_raster",
]
