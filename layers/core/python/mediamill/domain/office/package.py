"""ZIP packages (OOXML, ODF, EPUB): what they are, whether they are safe, and edits on the way in.

The central directory tells sizes before anything is expanded. It can lie; a reader that trusts
it then stops at the announced size with a checksum error, which is a broken file, not a bomb.
"""

from __future__ import annotations

import re
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mediamill.domain.errors import Broken, PasswordRequired, TooLarge, Unsupported
from mediamill.domain.office import links, sheets
from mediamill.domain.office.bounds import Bounds
from mediamill.domain.office.formats import (
    DOCX,
    EPUB,
    ODG,
    ODP,
    ODS,
    ODT,
    OTHERS,
    PPTX,
    XLSB,
    XLSX,
    Format,
)
from mediamill.domain.other_offices import MEDIA_TYPES, by_parts

_TYPES = "[Content_Types].xml"
_TORN = "The document is damaged: its package cannot be read to the end."
_LOCKED = "The document is encrypted with a password."
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_SMALL_PART = 4_000_000  # bytes; directories and relations of honest packages are far below

# The main part's media type, in [Content_Types].xml, and ODF's own `mimetype`.
_BY_MAIN_PART = {
    b"wordprocessingml": DOCX,
    b"ms-word": DOCX,
    b"spreadsheetml": XLSX,
    b"ms-excel.sheet.binary": XLSB,
    b"ms-excel": XLSX,
    b"presentationml": PPTX,
    b"ms-powerpoint": PPTX,
    b"ms-visio": OTHERS["vsdx"],
}
_MAIN_PART = re.compile(
    rb"application/vnd\.(?:openxmlformats-officedocument\.)?([\w.-]+?)(?:\.[\w.-]*)?"
    rb"\.main(?:\+xml)?[\"']",
    re.IGNORECASE,
)
_BY_MIMETYPE = {
    b"application/vnd.oasis.opendocument.text": ODT,
    b"application/vnd.oasis.opendocument.spreadsheet": ODS,
    b"application/vnd.oasis.opendocument.presentation": ODP,
    b"application/vnd.oasis.opendocument.graphics": ODG,
    b"application/epub+zip": EPUB,
}
_OLD_ODF = {MEDIA_TYPES[name].encode(): OTHERS[name] for name in ("sxw", "sxc", "sxi", "sxd")}
_OPEN_DOCUMENTS = (ODT, ODS, ODP, ODG, *_OLD_ODF.values())
_WHOLE = re.compile(rb"<[^<>]*?media-type=\"([^\"]*)\"[^<>]*?full-path=\"/\"")
_MANIFEST = "META-INF/manifest.xml"
_KEY = re.compile(rb"<(?:\w+:)?encryption-data\b")  # of a part (ODF 1.3, part 2, 4.4)


@contextmanager
def opened(original: Path) -> Iterator[zipfile.ZipFile]:
    """The package, open; a torn one is Broken, whoever notices."""
    try:
        with zipfile.ZipFile(original) as package:
            yield package
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        KeyError,
        NotImplementedError,
        UnicodeDecodeError,
    ) as error:
        raise Broken(_TORN, code="broken_document") from error


def check(package: zipfile.ZipFile, bounds: Bounds) -> None:
    """Refuse bombs and torn packages by what the directory announces.

    Raises TooLarge past a bound, PasswordRequired where the entries themselves are encrypted, and
    Broken where an entry cannot be: Office formats know no other packing than these two.
    """
    entries = package.infolist()
    if _is_locked_by_apple(entries):
        raise PasswordRequired(_LOCKED)
    for entry in entries:
        packing = entry.compress_type
        if not entry.filename or entry.header_offset < 0 or packing not in _PACKINGS:
            raise Broken(_TORN, code="broken_document")
    if len(entries) > bounds.entries:
        raise TooLarge(f"The document has {len(entries):,} parts; {bounds.entries:,} are allowed.")
    expanded = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if expanded > bounds.expanded_bytes:
        raise TooLarge(
            f"The document expands to {expanded // 1_000_000:,} MB; "
            f"{bounds.expanded_bytes // 1_000_000:,} MB are allowed."
        )
    if expanded > bounds.ratio_from_bytes and expanded > bounds.ratio * max(packed, 1):
        raise TooLarge(
            f"The document expands {expanded // max(packed, 1):,}-fold; {bounds.ratio} are allowed."
        )
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise PasswordRequired(_LOCKED)


def _is_locked_by_apple(entries: Sequence[zipfile.ZipInfo]) -> bool:
    """Since 2013 there is a part with a check of the password; before, packings are odd numbers."""
    names = {entry.filename.rpartition("/")[2] for entry in entries}
    odd = any(entry.compress_type not in _PACKINGS for entry in entries)
    return bool(names & {".iwph", ".iwpv2"}) or (odd and "buildVersionHistory.plist" in names)


def recognise(package: zipfile.ZipFile, extension: str = "") -> Format:
    """Which format the package is, by its own declaration; `extension` tells Pages from Numbers.

    Raises PasswordRequired for an encrypted ODF, Unsupported for any other ZIP.
    """
    names = set(package.namelist())
    if "mimetype" in names:
        mimetype = read_small(package, "mimetype").strip()
        for declared, format_ in _BY_MIMETYPE.items():
            if mimetype == declared or mimetype == declared + b"-template":
                if format_ is not EPUB and _is_encrypted_odf(package, names):
                    raise PasswordRequired(_LOCKED)
                return format_
    if _TYPES in names:
        for match in _MAIN_PART.finditer(read_small(package, _TYPES)):
            declared = match[1].lower() + b"." + match[0].lower()
            for word, format_ in _BY_MAIN_PART.items():
                if word in declared:
                    return format_
    whole = _WHOLE.search(read_small(package, _MANIFEST)) if _MANIFEST in names else None
    if whole and (old := _OLD_ODF.get(whole[1].removesuffix(b".template"))) is not None:
        return old
    if apples := by_parts(package.namelist(), _beginning(package, "index.xml"), extension):
        return OTHERS[apples]
    raise Unsupported("This is a ZIP archive, not an Office document.")


def _beginning(package: zipfile.ZipFile, name: str) -> bytes:
    if name not in package.namelist():
        return b""
    with package.open(name) as part:
        return part.read(1_000)


def _is_encrypted_odf(package: zipfile.ZipFile, names: set[str]) -> bool:
    return _MANIFEST in names and bool(_KEY.search(read_small(package, _MANIFEST)))


def read_small(package: zipfile.ZipFile, name: str) -> bytes:
    """One part that is small in any honest document."""
    if package.getinfo(name).file_size > _SMALL_PART:
        raise TooLarge(f"The document's part {name} is larger than any honest one.")
    return package.read(name)


def prepare(original: Path, target: Path, format_: Format) -> None:
    """Copy the package with its outside links cut and its sheets fitted to the page's width.

    The copy is stored, not deflated: it is read once, by the process next door. Every part's
    checksum is verified on the way, so a torn package is found here.
    """
    with opened(original) as package, zipfile.ZipFile(target, "w") as copy:
        for entry in package.infolist():
            if entry.is_dir():
                continue
            edit = _edit_for(entry.filename, format_)
            stored = zipfile.ZipInfo(entry.filename, entry.date_time)
            if edit is None:
                with package.open(entry) as source, copy.open(stored, "w") as sink:
                    shutil.copyfileobj(source, sink, 1 << 18)
            else:
                copy.writestr(stored, edit(package.read(entry)))


def _edit_for(name: str, format_: Format) -> Callable[[bytes], bytes] | None:
    if name.lower().endswith(".rels"):
        return links.cut_relations
    if format_ in _OPEN_DOCUMENTS and name.rsplit("/", 1)[-1] in ("content.xml", "styles.xml"):
        if format_ is ODS and name == "styles.xml":
            return lambda xml: sheets.fit_open_document(links.cut_references(xml))
        return links.cut_references
    if format_ is XLSX and name.startswith("xl/worksheets/") and name.endswith(".xml"):
        return sheets.fit_office_open_xml
    return None
