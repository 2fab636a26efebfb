"""Which of our fonts stands for one that an SVG names and we do not have."""

from __future__ import annotations

import re

_GENERIC = {"serif", "sans-serif", "monospace", "cursive", "fantasy"}
_KEYWORDS = {"inherit", "initial", "unset", "revert", "caption", "icon", "menu"}
_WITH_SERIFS = re.compile(
    r"times|georgia|garamond|palatino|cambria|bookman|baskerville|didot|caslon|minion|century"
    r"|(?<!sans )(?<!sans-)\bserif|roman",
    re.IGNORECASE,
)
_OF_ONE_WIDTH = re.compile(r"courier|consolas|menlo|monaco|mono|code|typewriter", re.IGNORECASE)
_LONGEST = 500  # characters of a list of fonts
_DECLARED = re.compile(r"\b(font(?:-family)?)(\s*:\s*)([^;}!]+)", re.IGNORECASE)


def with_generic(families: str) -> str:
    """A list of font families that ends in a generic one, chosen by the first name.

    A renderer takes the next of the list where it has no font of a name, and after the last one
    whatever it likes.
    """
    if len(families) > _LONGEST:
        return families
    names = [name.strip(" \t\r\n\"'").lower() for name in families.split(",")]
    if not names[0] or names[-1] in _KEYWORDS | _GENERIC:
        return families
    if _OF_ONE_WIDTH.search(names[0]):
        return f"{families}, monospace"
    return f"{families}, {'serif' if _WITH_SERIFS.search(names[0]) else 'sans-serif'}"


def styled(css: str) -> str:
    """CSS, a style sheet or an element's own, whose lists of fonts end in a generic one."""
    return _DECLARED.sub(lambda found: f"{found[1]}{found[2]}{_declared(found[1], found[3])}", css)


def _declared(declared: str, value: str) -> str:
    if len(value) > _LONGEST:  # the search for the size below is not made for it
        return value
    if declared.lower() == "font":  # sizes and weights stand before the names
        first, comma, others = value.partition(",")
        size = re.match(r"(.*?\d[\w.%/]*\s+)(.+)", first, re.DOTALL)
        return size[1] + with_generic(size[2] + comma + others) if size else value
    return with_generic(value)
