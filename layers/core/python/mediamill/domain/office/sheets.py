"""Fits spreadsheets to the width of a page, whatever wrote them.

A sheet as its author left it prints its 40 columns over eight pages side by side, which nobody
can read. Each function sets "one page wide, as many tall as it takes" in one file format, where
the author has not chosen a fit; LibreOffice never enlarges for it.
"""

from __future__ import annotations

import re
import struct

_WORKSHEET = re.compile(rb"<(\w+:)?worksheet\b[^<>]*>")
_DROPPED = re.compile(rb"\s(?:fitToWidth|fitToHeight|scale)\s*=\s*(?:\"[^\"]*\"|'[^']*')")
_A4 = b' paperSize="9"'  # a pageSetup without means Letter, no pageSetup whatever is usual
_CHOSEN = re.compile(rb"fitToPage\s*=\s*[\"'](?:1|true)[\"']")
_LAYOUT = re.compile(rb"<style:page-layout-properties\b([^<>]*?)(/?)>")
_SCALE = re.compile(rb"\sstyle:scale-to\s*=\s*(?:\"[^\"]*\"|'[^']*')")


def fit_office_open_xml(xml: bytes) -> bytes:
    """A worksheet part (ECMA-376 part 1, 18.3.1) with fitToPage, one page wide."""
    root = _WORKSHEET.search(xml, 0, 4096)
    if root is None:
        return xml
    prefix = root[1] or b""
    rows = xml.find(b"<" + prefix + b"sheetData")
    if rows < 0:
        return xml
    head, rest = xml[:rows], xml[rows:]
    if _CHOSEN.search(head):
        return xml
    end = rest.rfind(b"</" + prefix + b"sheetData>")
    end = rest.find(b">", max(end, 0)) + 1
    body, tail = rest[:end], rest[end:]
    return _with_fit(head, root.end(), prefix) + body + _one_page_wide(tail, prefix)


def _with_fit(head: bytes, start: int, prefix: bytes) -> bytes:
    fit = b"<" + prefix + b'pageSetUpPr fitToPage="1"/>'
    properties = re.compile(rb"<" + prefix + rb"sheetPr\b[^<>]*>").search(head)
    if properties is None:
        return (
            head[:start]
            + b"<"
            + prefix
            + b"sheetPr>"
            + fit
            + b"</"
            + prefix
            + b"sheetPr>"
            + (head[start:])
        )
    head = re.sub(rb"<" + prefix + rb"pageSetUpPr\b[^<>]*/>", b"", head)
    if properties[0].endswith(b"/>"):
        opened = properties[0][:-2] + b">" + fit + b"</" + prefix + b"sheetPr>"
        return head.replace(properties[0], opened, 1)
    closing = b"</" + prefix + b"sheetPr>"
    return head.replace(closing, fit + closing, 1)


def _one_page_wide(tail: bytes, prefix: bytes) -> bytes:
    wide = b' fitToWidth="1" fitToHeight="0"'
    name = b"<" + prefix + b"pageSetup"
    setup = re.compile(name + rb"\b([^<>]*?)(/?)>").search(tail)
    if setup is not None:
        kept = _DROPPED.sub(b"", setup[1])
        return tail[: setup.start()] + name + kept + wide + setup[2] + b">" + tail[setup.end() :]
    margins = re.compile(rb"<" + prefix + rb"pageMargins\b[^<>]*>").search(tail)
    at = margins.end() if margins else 0
    return tail[:at] + name + _A4 + wide + b"/>" + tail[at:]


def fit_open_document(xml: bytes) -> bytes:
    """ODF styles (1.3 part 3, 20.398) with every page layout one page wide."""

    def fitted(match: re.Match[bytes]) -> bytes:
        attributes = match[1]
        if b"style:scale-to-pages" in attributes or b"style:scale-to-X" in attributes:
            return match[0]
        kept = _SCALE.sub(b"", attributes)
        return (
            b"<style:page-layout-properties"
            + kept
            + b' style:scale-to-X="1" style:scale-to-Y="0"'
            + match[2]
            + b">"
        )

    return _LAYOUT.sub(fitted, xml)


_WSBOOL, _SETUP = 0x0081, 0x00A1
_FIT_TO_PAGE = 0x0100


def fit_binary_workbook(stream: bytes) -> bytes:
    """A BIFF8 workbook stream ([MS-XLS] 2.4.351 WsBool, 2.4.257 Setup), edited in place.

    The records have fixed sizes, so the stream keeps its length.
    """
    edited = bytearray(stream)
    offset, chosen = 0, False
    while offset + 4 <= len(edited):
        record, length = struct.unpack_from("<HH", edited, offset)
        content = offset + 4
        if content + length > len(edited):
            break
        if record == _WSBOOL and length >= 2:
            (flags,) = struct.unpack_from("<H", edited, content)
            chosen = bool(flags & _FIT_TO_PAGE)
            struct.pack_into("<H", edited, content, flags | _FIT_TO_PAGE)
        if record == _SETUP and length >= 10 and not chosen:
            struct.pack_into("<HH", edited, content + 6, 1, 0)  # iFitWidth, iFitHeight
        offset = content + length
    return bytes(edited)
