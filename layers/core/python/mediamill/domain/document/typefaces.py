"""Which fonts PDFium draws with where a PDF does not bring them.

It has fonts of its own for Latin text, whatever the PDF calls them. Everything else (Chinese,
Japanese, Korean, Cyrillic) needs one that is called so, or that has these letters: those that you
put into `layers/core/fonts`. The machine's own are left out, so that a page looks the same on
Lambda, which has none, and elsewhere.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pypdfium2.raw as pdfium


def look_in(folders: Sequence[Path]) -> None:
    """Start PDFium anew with these folders of fonts; no document may be open.

    FPDF_LIBRARY_CONFIG in fpdfview.h: a list of paths that ends in NULL, kept as long as it runs.
    """
    pdfium.FPDF_DestroyLibrary()
    pdfium.FPDF_InitLibraryWithConfig(_config(tuple(folders)))


@cache
def _config(folders: tuple[Path, ...]) -> pdfium.FPDF_LIBRARY_CONFIG:
    text = ctypes.POINTER(ctypes.c_char)
    paths = [ctypes.cast(ctypes.c_char_p(bytes(folder)), text) for folder in folders]
    listed = (text * (len(paths) + 1))(*paths)  # and NULL
    return pdfium.FPDF_LIBRARY_CONFIG(
        version=2, m_pUserFontPaths=listed, m_pIsolate=None, m_v8EmbedderSlot=0
    )
