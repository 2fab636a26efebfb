"""What an original may cost, with the defaults of the template's parameters."""

from __future__ import annotations

from dataclasses import dataclass

from mediamill.domain.kind import Kind

MEGA = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds that are checked before the work they bound is begun.

    Bytes are per kind, 1 MB = 1,000,000 bytes; `pixels` is width × height summed over the frames
    that are decoded; `side` is the longest side in pixels; `page_pixels` bounds one page's raster;
    `text_bytes` is UTF-8; `memory_bytes` is the function's; `sound_seconds` is what is listened to.
    """

    image_bytes: int = 100 * MEGA
    document_bytes: int = 200 * MEGA
    office_bytes: int = 100 * MEGA
    any_bytes: int = 5_000 * MEGA
    pixels: int = 100 * MEGA
    frames: int = 300
    side: int = 65_535
    pages: int = 200
    page_pixels: int = 25 * MEGA
    text_bytes: int = 10 * MEGA
    memory_bytes: int = 1_769 << 20
    sound_seconds: int = 60 * 60

    def bytes_for(self, kind: Kind) -> int:
        """How many bytes an original of this kind may have to be more than described."""
        per_kind = {
            Kind.IMAGE: self.image_bytes,
            Kind.DOCUMENT: self.document_bytes,
            Kind.OFFICE: self.office_bytes,
        }
        return min(per_kind.get(kind, self.any_bytes), self.any_bytes)
