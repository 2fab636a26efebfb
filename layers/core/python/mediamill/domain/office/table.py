"""CSV made into a spreadsheet: every cell as written, columns as wide as what stands in them.

LibreOffice's own CSV import makes numbers of what looks like one ("007" becomes 7), runs what
starts with "=", guesses neither separator nor encoding, and leaves all columns equally wide.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from mediamill.domain.errors import Broken
from mediamill.domain.office.text import decode

_SEPARATORS = ",;\t|"
_NUMBER = re.compile(r"[-+(]?[$€£¥]?\s?\d[\d.,' \u00a0\u202f]*\s?[%$€£¥)]?")
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_COLUMNS = 1_024  # LibreOffice's limit until 7.4
_SAMPLED_ROWS = 1_000
_CELLS = 300_000  # LibreOffice lays out about 20,000 a second
_CM_A_LETTER, _CM_MARGIN, _CM_NARROWEST, _CM_WIDEST = 0.2, 0.4, 1.2, 9.0
_CELL = (
    '<style:table-cell-properties fo:border="0.5pt solid #c0c0c0" fo:padding="0.07cm" '
    'style:vertical-align="top" '
)
_CM_PORTRAIT = 17.0  # what an A4 page between margins of 2 cm is wide


def separator(text: str) -> str:
    """The separator that splits the first lines into the same number of columns most often."""
    lines = list(itertools.islice(io.StringIO(text), 50))
    best, best_score = ",", (0.0, 0)
    for candidate in _SEPARATORS:
        widths = [len(row) for row in csv.reader(lines, delimiter=candidate) if row]
        if not widths or max(widths) < 2:
            continue
        usual = max(set(widths), key=widths.count)
        score = (widths.count(usual) / len(widths) if usual > 1 else 0.0, usual)
        if score > best_score:
            best, best_score = candidate, score
    return best


def write(original: bytes, target: Path, *, rows: int) -> bool:
    """Write the CSV as an ODS file; whether it was cut, after `rows` rows at the latest."""
    text = decode(original).replace("\0", "")
    csv.field_size_limit(1_000_000)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator(text))
    table: list[list[str]] = []
    columns = 0
    cut = False
    try:
        for row in reader:
            widest = max(columns, min(len(row), _COLUMNS))
            if table and (len(table) == rows or (len(table) + 1) * widest > _CELLS):
                cut = True
                break
            columns = widest
            table.append(row[:_COLUMNS])
    except csv.Error:
        cut = True  # a field of more than a million characters: what stands before it is kept
    if not columns:
        raise Broken("The table is empty.", code="broken_document")
    widths = column_widths(table, columns)
    with zipfile.ZipFile(target, "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr("META-INF/manifest.xml", _MANIFEST)
        package.writestr("styles.xml", _styles(landscape=sum(widths) > _CM_PORTRAIT))
        with package.open("content.xml", "w") as part:
            for piece in _content(table, widths):
                part.write(piece.encode())
    return cut


def column_widths(table: Sequence[Sequence[str]], columns: int) -> Sequence[float]:
    """Each column's width in centimetres, from the longest line in it."""
    letters = [0] * columns
    for row in table[:_SAMPLED_ROWS]:
        for index, cell in enumerate(row):
            longest = max((_letters(line) for line in cell.split("\n")), default=0)
            letters[index] = max(letters[index], longest)
    return [
        min(max(count * _CM_A_LETTER + _CM_MARGIN, _CM_NARROWEST), _CM_WIDEST) for count in letters
    ]


def _letters(line: str) -> int:
    return sum(2 if letter > "\u2e7f" else 1 for letter in line[:200])  # CJK is twice as wide


_NAMESPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in (
        ("office", "office"),
        ("table", "table"),
        ("text", "text"),
        ("style", "style"),
        ("fo", "xsl-fo-compatible"),
    )
)
_MANIFEST = (
    '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest manifest:version="1.2" '
    'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    '<manifest:file-entry manifest:full-path="/" '
    'manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
    '<manifest:file-entry manifest:full-path="styles.xml" manifest:media-type="text/xml"/>'
    "</manifest:manifest>"
)


def _styles(*, landscape: bool) -> str:
    width, height = ("29.7cm", "21cm") if landscape else ("21cm", "29.7cm")
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-styles {_NAMESPACES} '
        'office:version="1.2"><office:automatic-styles><style:page-layout style:name="page">'
        f'<style:page-layout-properties fo:page-width="{width}" fo:page-height="{height}" '
        'fo:margin="2cm" style:scale-to-X="1" style:scale-to-Y="0"/>'
        "</style:page-layout></office:automatic-styles><office:master-styles>"
        '<style:master-page style:name="Default" style:page-layout-name="page">'
        '<style:header style:display="false"/><style:footer style:display="false"/>'
        "</style:master-page></office:master-styles></office:document-styles>"
    )


def _content(table: Iterable[Sequence[str]], widths: Sequence[float]) -> Iterable[str]:
    yield (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_NAMESPACES} '
        'office:version="1.2"><office:automatic-styles>'
        f'<style:style style:name="text" style:family="table-cell">{_CELL}fo:wrap-option="wrap"/>'
        "</style:style>"
        f'<style:style style:name="number" style:family="table-cell">{_CELL}'
        'style:text-align-source="fix"/><style:paragraph-properties fo:text-align="end"/>'
        "</style:style>"
        '<style:style style:name="sheet" style:family="table" style:master-page-name="Default"/>'
        '<style:style style:name="row" style:family="table-row"><style:table-row-properties '
        'style:use-optimal-row-height="true"/></style:style>'
    )
    for index, width in enumerate(widths):
        yield (
            f'<style:style style:name="c{index}" style:family="table-column">'
            f'<style:table-column-properties style:column-width="{width:.2f}cm"/></style:style>'
        )
    yield (
        "</office:automatic-styles><office:body><office:spreadsheet>"
        '<table:table table:name="Sheet1" table:style-name="sheet">'
    )
    for index in range(len(widths)):
        yield f'<table:table-column table:style-name="c{index}"/>'
    for row in table:
        yield '<table:table-row table:style-name="row">'
        for cell in itertools.chain(row, itertools.repeat("", len(widths) - len(row))):
            style = "number" if _NUMBER.fullmatch(cell.strip()) else "text"
            yield f'<table:table-cell table:style-name="{style}" office:value-type="string">'
            for line in cell.split("\n"):
                yield f"<text:p>{escape(_UNWRITABLE.sub('', line))}</text:p>"
            yield "</table:table-cell>"
        yield "</table:table-row>"
    yield ("</table:table></office:spreadsheet></office:body></office:document-content>")
