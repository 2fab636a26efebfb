"""How much of what a file says of itself may be published."""

from __future__ import annotations

from enum import StrEnum


class Privacy(StrEnum):
    """How much the manifest tells: all; all but where it was made; or what players need."""

    KEEP = "keep"
    NO_LOCATION = "no-location"
    MINIMAL = "minimal"
