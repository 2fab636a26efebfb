"""WebVTT: cues and the moments between which they hold (W3C, WebVTT, 4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


@dataclass(frozen=True, slots=True)
class Cue:
    """A text from a moment to another, seconds from the beginning."""

    begins: float
    ends: float
    text: str


def vtt(cues: Iterable[Cue]) -> bytes:
    """The file: UTF-8, a blank line after each cue.

    >>> print(vtt([Cue(0, 3661.5, "Hello")]).decode(), end="")
    WEBVTT
    <BLANKLINE>
    00:00:00.000 --> 01:01:01.500
    Hello
    <BLANKLINE>
    """
    parts = [f"{clock(cue.begins)} --> {clock(cue.ends)}\n{cue.text}\n\n" for cue in cues]
    return ("WEBVTT\n\n" + "".join(parts)).encode()


def escaped(text: str) -> str:
    """A text without the characters that stand for something in a cue.

    >>> escaped("a < b --> c & d")
    'a &lt; b --&gt; c &amp; d'
    """
    return text.translate(_ESCAPED)


def clock(seconds: float) -> str:
    """Hours, minutes, seconds and thousandths."""
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"
