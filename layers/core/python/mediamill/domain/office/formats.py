"""Which files the office step takes, and the LibreOffice filter that reads each.

The filter is always named, never guessed by LibreOffice: its own detection falls back to plain
text, and would typeset a torn .docx as pages of noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Family(StrEnum):
    """Which part of LibreOffice opens it; the value is the first word of its PDF filter."""

    TEXT = "writer"
    SHEET = "calc"
    SLIDES = "impress"


class Container(StrEnum):
    """What the bytes are, whatever they mean."""

    ZIP = "zip"
    OLE = "ole"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write an Office document down: its own extension, and who reads it.

    `import_filter` is LibreOffice's internal name, as `--infilter` takes it.
    """

    extension: str
    family: Family
    container: Container
    import_filter: str

    @property
    def export_filter(self) -> str:
        """LibreOffice's PDF filter for this family."""
        return f"{self.family.value}_pdf_Export"


def _row(extension: str, family: Family, container: Container, import_filter: str) -> Format:
    return Format(extension, family, container, import_filter)


DOC = _row("doc", Family.TEXT, Container.OLE, "MS Word 97")
DOC_95 = _row("doc", Family.TEXT, Container.OLE, "MS Word 95")
DOCX = _row("docx", Family.TEXT, Container.ZIP, "MS Word 2007 XML")
ODT = _row("odt", Family.TEXT, Container.ZIP, "writer8")
FODT = _row("fodt", Family.TEXT, Container.PLAIN, "OpenDocument Text Flat XML")
RTF = _row("rtf", Family.TEXT, Container.PLAIN, "Rich Text Format")
XLS = _row("xls", Family.SHEET, Container.OLE, "MS Excel 97")
XLS_95 = _row("xls", Family.SHEET, Container.OLE, "MS Excel 95")
XLSX = _row("xlsx", Family.SHEET, Container.ZIP, "Calc MS Excel 2007 XML")
XLSB = _row("xlsb", Family.SHEET, Container.ZIP, "Calc MS Excel 2007 Binary")
ODS = _row("ods", Family.SHEET, Container.ZIP, "calc8")
FODS = _row("fods", Family.SHEET, Container.PLAIN, "OpenDocument Spreadsheet Flat XML")
PPT = _row("ppt", Family.SLIDES, Container.OLE, "MS PowerPoint 97")
PPTX = _row("pptx", Family.SLIDES, Container.ZIP, "Impress MS PowerPoint 2007 XML")
ODP = _row("odp", Family.SLIDES, Container.ZIP, "impress8")
FODP = _row("fodp", Family.SLIDES, Container.PLAIN, "OpenDocument Presentation Flat XML")
HTML = _row("html", Family.TEXT, Container.PLAIN, "HTML (StarWriter)")
TEXT = _row("txt", Family.TEXT, Container.PLAIN, "Text (encoded):UTF8,LF,,,")
# These become one of the above before LibreOffice sees them.
MARKDOWN = _row("md", Family.TEXT, Container.PLAIN, HTML.import_filter)
CSV = _row("csv", Family.SHEET, Container.PLAIN, ODS.import_filter)
EPUB = _row("epub", Family.TEXT, Container.ZIP, HTML.import_filter)

# What an extension promises. Content decides where it can; these decide for plain text alone.
BY_EXTENSION = {
    **dict.fromkeys(("doc", "dot"), DOC),
    **dict.fromkeys(("docx", "docm", "dotx", "dotm"), DOCX),
    **dict.fromkeys(("odt", "ott"), ODT),
    "fodt": FODT,
    "rtf": RTF,
    **dict.fromkeys(("xls", "xlt"), XLS),
    **dict.fromkeys(("xlsx", "xlsm", "xltx", "xltm"), XLSX),
    "xlsb": XLSB,
    **dict.fromkeys(("ods", "ots"), ODS),
    "fods": FODS,
    **dict.fromkeys(("ppt", "pps", "pot"), PPT),
    **dict.fromkeys(("pptx", "pptm", "ppsx", "ppsm", "potx", "potm"), PPTX),
    **dict.fromkeys(("odp", "otp"), ODP),
    "fodp": FODP,
    **dict.fromkeys(("html", "htm", "xhtml"), HTML),
    **dict.fromkeys(("txt", "text", "log"), TEXT),
    **dict.fromkeys(("md", "markdown"), MARKDOWN),
    **dict.fromkeys(("csv", "tsv"), CSV),
    "epub": EPUB,
}

# For keys without an extension: the text formats by media type.
BY_CONTENT_TYPE = {
    "text/plain": TEXT,
    "text/html": HTML,
    "application/xhtml+xml": HTML,
    "text/markdown": MARKDOWN,
    "text/x-markdown": MARKDOWN,
    "text/csv": CSV,
    "text/tab-separated-values": CSV,
    "application/rtf": RTF,
    "text/rtf": RTF,
}
