"""Load in the parent what every forked child would load again: its imports cost 120 ms of CPU."""

from __future__ import annotations

import io
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
    for _ in make(_empty_page(), replace(wanted, profiles=profiles, excerpt=excerpt)):
        pass


def _empty_page() -> bytes:
    written = io.BytesIO()
    with closing(pypdfium2.PdfDocument.new()) as document:
        document.new_page(_SMALL, _SMALL).close()
        document.save(written)
    return written.getvalue()
