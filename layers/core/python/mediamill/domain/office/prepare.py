"""An original, checked and made ready: what LibreOffice will open, and by which filter."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mediamill.domain.errors import Broken, Unsupported
from mediamill.domain.office import (
    compound,
    epub,
    links,
    mhtml,
    package,
    plain,
    sheets,
    table,
    text,
)
from mediamill.domain.office.bounds import Bounds
from mediamill.domain.office.formats import (
    BY_CONTENT_TYPE,
    BY_EXTENSION,
    CSV,
    EPUB,
    EXCEL_2003,
    FODG,
    FODP,
    FODS,
    FODT,
    HTML,
    MARKDOWN,
    MHTML,
    ODS,
    RTF,
    TEXT,
    WORD_2003,
    XLS,
    XLS_95,
    Container,
    Family,
    Format,
)

_OLE, _ZIP = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04"
_HEAD = 4_096
_FLAT = (FODT, FODS, FODP, FODG)

# No page holds more; what lies past it could never be on a page that is kept.
_LETTERS_A_PAGE, _ROWS_A_PAGE = 10_000, 120


@dataclass(frozen=True, slots=True)
class Ready:
    """A file that LibreOffice may open.

    `truncated` says that more was there than the allowed pages could show; `encrypted`, that it
    is, and that only opening it tells whether with the password that everyone knows.
    """

    path: Path
    format: Format
    truncated: bool = False
    encrypted: bool = False


def recognise(original: Path, *, name: str, content_type: str, bounds: Bounds) -> Format:
    """Which format the original is, by content first, then by its name and media type.

    Raises Unsupported, PasswordRequired, TooLarge (a bomb), or Broken.
    """
    with original.open("rb") as file:
        head = file.read(_HEAD)
    if not head:
        raise Broken("The document is empty.", code="broken_document")
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    if head.startswith(_OLE):
        with compound.opened(original) as streams:
            return compound.recognise(streams)
    if head.startswith(_ZIP):
        with package.opened(original) as parts:
            package.check(parts, bounds)
            return package.recognise(parts, extension)
    if (found := plain.recognise(head)) is not None:
        return found
    media_type = content_type.partition(";")[0].strip().lower()
    format_ = BY_EXTENSION.get(extension) or BY_CONTENT_TYPE.get(media_type)
    if format_ is None:
        raise Unsupported("This is not a document that the office step knows.")
    if format_.container is not Container.PLAIN or format_ in (RTF, *_FLAT):
        if plain.is_text(head) and format_ not in _FLAT:  # many programs write text as .doc or .xls
            return CSV if format_.family is Family.SHEET else TEXT
        raise Broken(
            f"The document is damaged: it does not begin as .{format_.extension} files do.",
            code="broken_document",
        )
    return format_


def prepare(
    original: Path, folder: Path, *, name: str, content_type: str = "", bounds: Bounds
) -> Ready:
    """Check the original, and write what LibreOffice shall open into `folder`.

    Raises as `recognise` does.
    """
    format_ = recognise(original, name=name, content_type=content_type, bounds=bounds)
    # The name is ours: nothing of a stranger's key reaches a command line.
    target = folder / f"document.{format_.extension}"
    letters = bounds.pages * _LETTERS_A_PAGE
    if format_ is CSV:
        target = target.with_suffix(".ods")
        cut = table.write(original.read_bytes(), target, rows=bounds.pages * _ROWS_A_PAGE)
        return Ready(target, ODS, truncated=cut)
    if format_ in (TEXT, MARKDOWN, HTML):
        as_text = {
            TEXT: text.plain,
            MARKDOWN: text.markdown_as_html,
            HTML: text.clean_html,
        }[format_]
        # Markup has its tags, and pictures inside: it may be longer than what it shows.
        written, cut = as_text(
            original.read_bytes(), limit=letters if format_ is not HTML else letters * 20
        )
        if format_ is MARKDOWN:
            target = target.with_suffix(".html")
        target.write_text(written, "utf-8")
        return Ready(target, format_, truncated=cut)
    if format_ is MHTML:
        target = target.with_suffix(".html")
        written, cut = mhtml.as_html(original.read_bytes(), limit=letters * 20)
        target.write_text(written, "utf-8")
        return Ready(target, HTML, truncated=cut)
    if format_ is EPUB:
        target = target.with_suffix(".html")
        written, cut = epub.as_html(original, limit=letters)
        target.write_text(written, "utf-8")
        return Ready(target, HTML, truncated=cut)
    if format_.container is Container.ZIP:
        package.prepare(original, target, format_)
        return Ready(target, format_)
    if format_ in (*_FLAT, WORD_2003, EXCEL_2003):
        xml = links.cut_references(original.read_bytes())
        target.write_bytes(sheets.fit_open_document(xml) if format_ is FODS else xml)
        return Ready(target, format_)
    target.write_bytes(original.read_bytes())
    encrypted = format_ in (XLS, XLS_95) and compound.is_locked_workbook(target)
    if format_ is XLS and not encrypted:
        compound.fit_sheets(target)
    return Ready(target, format_, encrypted=encrypted)
