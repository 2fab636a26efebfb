"""Content by region: where a path may lie, from the nearest place to everybody's.

A region is a country, or a place in one, or a place in that, joined by hyphens: `egypt`,
`egypt-cairo`, `south_africa-cape_town-centre`. Of `banners/top.webp` for `egypt-cairo` come in
turn `egypt/cairo/banners/top.webp`, `egypt/banners/top.webp`, `default/banners/top.webp`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

DEFAULT = "default"
PATH_LENGTH = 512

# What needs no encoding, and cannot climb: no dots alone, no percent sign, no backslash. Names of
# other alphabets are left out, since some of their letters look like dots and slashes.
_PATH = re.compile(r"(?!.*\.\.)[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_REGION = re.compile(r"[a-z0-9_]{1,64}(-[a-z0-9_]{1,64}){0,2}")


def is_path(path: str) -> bool:
    """Whether a path can be one of content."""
    return len(path) <= PATH_LENGTH and _PATH.fullmatch(path) is not None


def is_region(region: str) -> bool:
    """Whether a text can name a region; `default` is what everybody gets, and none."""
    return _REGION.fullmatch(region) is not None and region.partition("-")[0] != DEFAULT


def region_of(country: str, city: str = "") -> str | None:
    """The region of a country's name and a city's, as people write them: `São Paulo`."""
    names = [_plain(name) for name in (country, city)]
    region = "-".join(name for name in names if name) if names[0] else ""
    return region if is_region(region) else None


def keys(path: str, region: str | None) -> Sequence[str]:
    """Where a path lies, the nearest place first. Both are checked already."""
    places = region.split("-") if region else []
    nearest = ["/".join(places[:count]) for count in range(len(places), 0, -1)]
    return [f"{place}/{path}" for place in (*nearest, DEFAULT)]


def _plain(name: str) -> str:
    """A name in small letters without accents, with `_` for whatever stands between its words."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", letters).strip("_")
