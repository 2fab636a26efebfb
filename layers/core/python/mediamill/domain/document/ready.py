"""Do ahead what every document would wait for: imports (120 ms of CPU), and new memory."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from importlib import import_module

import pypdfium2
from PIL import Image

from mediamill.domain.document.making import Wanted, make
from mediamill.domain.document.parts import PageRange
from mediamill.domain.profile import Format

# Asked to save a format whose plug-in it has not loaded, Pillow loads all of its 45.
_PLUGINS = {
    Format.WEBP: "PIL.WebPImagePlugin",
    Format.JPEG: "PIL.JpegImagePlugin",
    Format.AVIF: "PIL.AvifImagePlugin",
    Format.PNG: "PIL.PngImagePlugin",
}
_SMALL = 16  # points and pixels
_USUAL = (595, 842)  # points: A4


_made: set[tuple[object, ...]] = set()


def ready(wanted: Wanted) -> None:
    """Load what making this takes, by making it of an empty page of our own; once a process.

    Call it before the first child is forked.
    """
    formats = {encoding.format for encoding in wanted.encodings}
    formats |= {profile.format for profile in wanted.profiles}
    what = (frozenset(formats), wanted.clean, wanted.split, wanted.excerpt is not None)
    if what in _made:
        return
    _made.add(what)
    Image.preinit()
    for format in formats:
        import_module(_PLUGINS[format])
    profiles = [replace(each, width=_SMALL, height=_SMALL) for each in wanted.profiles]
    excerpt = PageRange(1, 1) if wanted.excerpt else None
    for _ in make(_empty_page(_SMALL, _SMALL), replace(wanted, profiles=profiles, excerpt=excerpt)):
        pass


def warm(wanted: Wanted, is_over: Callable[[], bool]) -> None:
    """Touch what every document does, unless `is_over` by now: 2 to 3 ms of CPU.

    A new child's memory is a copy of its parent's, made page by page as it is written to. A picture
    of the empty page would take ten times what it saves the first one.
    """
    if is_over():
        return
    usual = Wanted(pages=False, words=wanted.words, cropped=wanted.cropped)
    for _ in make(_empty_page(*_USUAL), usual):
        pass


def _empty_page(width: float, height: float) -> bytes:
    written = io.BytesIO()
    with closing(pypdfium2.PdfDocument.new()) as document:
        document.new_page(width, height).close()
        document.save(written)
    return written.getvalue()
