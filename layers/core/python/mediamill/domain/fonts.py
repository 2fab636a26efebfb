"""Fonts for text that a file draws with fonts it does not bring: ours, and those you put there."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

GENERIC: Mapping[str, str] = {
    "sans-serif": "Arimo",  # as wide as Arial and Helvetica, letter by letter
    "serif": "Noto Serif",
    "monospace": "Roboto Mono",
}
"""The family that stands for each of CSS's generic ones (CSS Fonts 4, 2.1.3)."""

OWN = Path(__file__).resolve().parents[3] / "fonts"
"""layers/core/fonts, which is /opt/fonts on Lambda: a font that you put there is found by name."""


@cache
def folders() -> tuple[Path, ...]:
    """Where there are fonts, yours first: wheels of this function's, none where it draws no text.

    Fonts of the system are not among them: a file looks the same wherever it is drawn.
    """
    found = [OWN] if OWN.is_dir() else []
    for family in GENERIC.values():
        spec = find_spec(f"fontpkg_{family.lower().replace(' ', '_')}")
        found += [Path(each) / "files" for each in (spec and spec.submodule_search_locations) or ()]
    return tuple(found)
