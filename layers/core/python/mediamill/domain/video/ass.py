r"""What FFmpeg's decoders make of every text track, lines of SubStation Alpha, as WebVTT's text.

A line is `0,0,Default,,0,0,0,,{\i1}Hello{\i0}\Nthere`: eight fields, then the text. Of its styles
WebVTT has italic, bold and underlined; places, colours and fonts are left to the player.
"""

from __future__ import annotations

import re

from mediamill.domain.video.vtt import escaped

_FIELDS = 8
_PARTS = re.compile(r"(\{[^}]*\})")
_SWITCHES = re.compile(r"\\(?:([ibu])(\d+)|(r))")
_DRAWING = re.compile(r"\{[^}]*\\p[1-9][^}]*\}")


def cue_text(line: str) -> str:
    r"""The text of a cue, without blank lines, its tags closed; empty where nothing is to be read.

    >>> cue_text(r"0,0,Default,,0,0,0,,{\i1}Hello{\i0} & you,\Nthere")
    '<i>Hello</i> &amp; you,\nthere'
    """
    fields = line.split(",", _FIELDS)
    text = fields[_FIELDS] if len(fields) > _FIELDS else ""
    if _DRAWING.search(text):
        return ""
    written, opened = [], list[str]()
    for part in _PARTS.split(text):
        if part.startswith("{") and part.endswith("}"):
            for tag, value, _ in _SWITCHES.findall(part):
                written.append(_switched(opened, tag, value not in ("", "0")))
        else:
            written.append(_plain(part))
    written.append(_closed(opened))
    lines = (each.strip() for each in "".join(written).splitlines())
    return "\n".join(each for each in lines if re.sub(r"</?[ibu]>", "", each))


def _plain(text: str) -> str:
    return escaped(re.sub(r"\\[Nn]", "\n", text).replace("\\h", " "))


def _switched(opened: list[str], tag: str, is_on: bool) -> str:
    """What to write for a switch; `opened` is kept. No tag at all resets every one."""
    if is_on:
        if tag in opened:
            return ""
        opened.append(tag)
        return f"<{tag}>"
    if tag and tag not in opened:
        return ""
    kept = [each for each in opened if each != tag] if tag else []
    closed = _closed(opened)
    opened[:] = kept
    return closed + "".join(f"<{each}>" for each in kept)


def _closed(opened: list[str]) -> str:
    return "".join(f"</{each}>" for each in reversed(opened))
