"""PBM, PGM, PPM, PAM and PFM: a few words of text before the pixels (Netpbm's formats)."""

from __future__ import annotations

import re

from mediamill.domain.metadata.pictures.containers.header import PictureHeader
from mediamill.domain.metadata.reading.window import Window

HEAD = 4_096
_NUMBER = re.compile(rb"(?:\s|#[^\n]*\n)*(\d{1,9})")
_NAMES = {b"P1": "pbm", b"P4": "pbm", b"P2": "pgm", b"P5": "pgm", b"P7": "pam"}
_NAMES |= {b"PF": "pfm", b"Pf": "pfm"}
_GREY = {b"P1", b"P2", b"P4", b"P5", b"Pf"}


def read_netpbm(window: Window) -> PictureHeader:
    """The header of any of the family."""
    head = window.at(0, HEAD)
    kind = head[:2]
    header = PictureHeader(_NAMES.get(kind, "ppm"), has_alpha=False, is_animated=False)
    header.color_space = "gray" if kind in _GREY else "rgb"
    if kind == b"P7":
        _arbitrary(head, header)
        return header
    numbers: list[int] = []
    at = 2
    while len(numbers) < 3 and (match := _NUMBER.match(head, at)):
        numbers.append(int(match[1]))
        at = match.end()
    if len(numbers) < 2:
        header.truncated = len(head) < HEAD
        return header
    header.width, header.height = numbers[:2]
    if kind in (b"P1", b"P4"):
        header.bit_depth = 1
    elif kind in (b"PF", b"Pf"):
        header.bit_depth = 32
    elif len(numbers) == 3:
        header.bit_depth = numbers[2].bit_length()
    return header


def _arbitrary(head: bytes, header: PictureHeader) -> None:
    """PAM's words, each with its value on a line of its own."""
    words = dict(re.findall(rb"^([A-Z]+)\s+(\S{1,40})", head.partition(b"ENDHDR")[0], re.MULTILINE))
    stated = {name: int(value) for name, value in words.items() if re.fullmatch(rb"\d{1,9}", value)}
    header.width, header.height = stated.get(b"WIDTH"), stated.get(b"HEIGHT")
    depth = stated.get(b"MAXVAL")
    header.bit_depth = depth.bit_length() if depth else None
    kind = words.get(b"TUPLTYPE", b"")
    header.has_alpha = kind.endswith(b"_ALPHA")
    header.color_space = "rgb" if kind.startswith(b"RGB") else "gray"
