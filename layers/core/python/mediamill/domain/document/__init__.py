"""Documents: a PDF in; its text, page pictures, first page and a clean copy out.

make            source → Product …       making.py   all of it, in order
begin           source → Product …       making.py   the same, or parts for others to make
make_part       source → Product …       making.py   one of those parts
unlocked        any of these, with a password where it takes one
bind            pictures → PDF           album.py    of an archive of them
open_document   source → Document        open.py     PDFium, password rules, repair
pages           Document → Product …     pages.py    rasters, one at a time
first_page      Document → picture       pages.py    what the renditions are made of
text            Document → Product …     text.py     txt and json
embedded        Document → Product …       embedded.py the pictures inside
Rewriter        PDF to clean PDF         faithful.py that looks the same as before
page_ranges     page count → ranges      parts.py    the parts of a long document
ready           loads in the parent what each child would    ready.py
isolated        any of these, in a child process that may hang or crash    isolate.py
ahead           the same, in a child that was forked before, and is warm   isolate.py
"""

from mediamill.domain.document.isolate import Ahead, ahead, isolated
from mediamill.domain.document.making import (
    Opened,
    Wanted,
    begin,
    make,
    make_part,
    unlocked,
    wanted_of,
)
from mediamill.domain.document.open import Document, open_document
from mediamill.domain.document.pages import first_page, pages
from mediamill.domain.document.parts import PageRange, Part, Whole, page_ranges, parse_part
from mediamill.domain.document.ready import ready, warm
from mediamill.domain.document.text import text

__all__ = [
    "Ahead",
    "Document",
    "Opened",
    "PageRange",
    "Part",
    "Wanted",
    "Whole",
    "ahead",
    "begin",
    "first_page",
    "isolated",
    "make",
    "make_part",
    "open_document",
    "page_ranges",
    "pages",
    "parse_part",
    "ready",
    "text",
    "unlocked",
    "wanted_of",
    "warm",
]
