"""Pictures: an original's bytes in, its renditions and picture facts out.

    reading → shaping → writing      what a file holds, its renditions' pixels, their bytes
    describing                       what the header and the looks of the picture tell
    rendering                        walks an original through all of them

Here a `profile` is the recipe of a rendition; a colour profile is always an `icc_profile`.
"""

from mediamill.domain.image.shaping.placing import crops, parse_focus
from mediamill.domain.image.writing.encoding import encode
from mediamill.domain.image.writing.watermark import UnusableWatermark, Watermark

from .ready import ready
from .rendering import Rendering, Rendition, render, render_raster

__all__ = [
    "Rendering",
    "Rendition",
    "UnusableWatermark",
    "Watermark",
    "crops",
    "encode",
    "parse_focus",
    "ready",
    "render",
    "render_raster",
]
