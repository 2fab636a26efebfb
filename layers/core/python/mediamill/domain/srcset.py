"""The `srcset` of an asset: its renditions as HTML's responsive pictures want them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from urllib.parse import quote

from mediamill.domain.derivative import Derivative

# How far a rendition's shape may be from the first one's: rounding to pixels, and no crop.
_SAME_SHAPE = 0.02


def srcset(
    rows: Iterable[Derivative], width: int, height: int, address: Callable[[str], str] = quote
) -> dict[str, str]:
    """By media type, what to write into `srcset`: addresses of keys, each with its width.

    Without an `address` of theirs they are keys in URL form.

    Only pictures of the whole original (`width` × `height` pixels) count: a browser takes any of a
    list for the same picture. A type with a single one is left out, for there is nothing to choose.
    """
    found: dict[str, dict[int, str]] = {}
    for row in rows:
        if row.page is not None or not (row.width and row.height):
            continue
        if not row.content_type.startswith("image/"):
            continue
        shape = (row.width / row.height) / (width / height)
        slack = max(_SAME_SHAPE, 1 / row.width + 1 / row.height)  # of a pixel, in small ones
        if abs(shape - 1) <= slack:
            found.setdefault(row.content_type, {})[row.width] = address(row.key)
    return {
        kind: ", ".join(f"{key} {wide}w" for wide, key in sorted(sizes.items()))
        for kind, sizes in sorted(found.items())
        if len(sizes) > 1
    }
