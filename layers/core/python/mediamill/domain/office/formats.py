"""Which files the office step takes, and the LibreOffice filter that reads each.

The filter is always named, never guessed by LibreOffice: its own detection falls back to plain
text, and would typeset a torn .docx as pages of noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mediamill.domain.other_offices import EXTENSIONS


class Family(StrEnum):
    """Which part of LibreOffice opens it; the value is the first word of its PDF filter."""

    TEXT = "writer"
    SHEET = "calc"
    SLIDES = "impress"
    DRAWING = "draw"


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


DOC = Format("doc", Family.TEXT, Container.OLE, "MS Word 97")
DOC_95 = Format("doc", Family.TEXT, Container.OLE, "MS Word 95")
DOCX = Format("docx", Family.TEXT, Container.ZIP, "MS Word 2007 XML")
ODT = Format("odt", Family.TEXT, Container.ZIP, "writer8")
FODT = Format("fodt", Family.TEXT, Container.PLAIN, "OpenDocument Text Flat XML")
RTF = Format("rtf", Family.TEXT, Container.PLAIN, "Rich Text Format")
XLS = Format("xls", Family.SHEET, Container.OLE, "MS Excel 97")
XLS_95 = Format("xls", Family.SHEET, Container.OLE, "MS Excel 95")
XLSX = Format("xlsx", Family.SHEET, Container.ZIP, "Calc MS Excel 2007 XML")
XLSB = Format("xlsb", Family.SHEET, Container.ZIP, "Calc MS Excel 2007 Binary")
ODS = Format("ods", Family.SHEET, Container.ZIP, "calc8")
FODS = Format("fods", Family.SHEET, Container.PLAIN, "OpenDocument Spreadsheet Flat XML")
PPT = Format("ppt", Family.SLIDES, Container.OLE, "MS PowerPoint 97")
PPTX = Format("pptx", Family.SLIDES, Container.ZIP, "Impress MS PowerPoint 2007 XML")
ODP = Format("odp", Family.SLIDES, Container.ZIP, "impress8")
FODP = Format("fodp", Family.SLIDES, Container.PLAIN, "OpenDocument Presentation Flat XML")
ODG = Format("odg", Family.DRAWING, Container.ZIP, "draw8")
FODG = Format("fodg", Family.DRAWING, Container.PLAIN, "OpenDocument Drawing Flat XML")
XLS_4 = Format("xls", Family.SHEET, Container.PLAIN, "MS Excel 4.0")  # and 3, and 2
WORD_2003 = Format("xml", Family.TEXT, Container.PLAIN, "MS Word 2003 XML")
EXCEL_2003 = Format("xml", Family.SHEET, Container.PLAIN, "MS Excel 2003 XML Orcus")
HTML = Format("html", Family.TEXT, Container.PLAIN, "HTML (StarWriter)")
TEXT = Format("txt", Family.TEXT, Container.PLAIN, "Text (encoded):UTF8,LF,,,")
# Of other programs, by the names of `other_offices`.
OTHERS = {
    "keynote": Format("key", Family.SLIDES, Container.ZIP, "Apple Keynote"),
    "numbers": Format("numbers", Family.SHEET, Container.ZIP, "Apple Numbers"),
    "pages": Format("pages", Family.TEXT, Container.ZIP, "Apple Pages"),
    "vsd": Format("vsd", Family.DRAWING, Container.OLE, "Visio Document"),
    "vsdx": Format("vsdx", Family.DRAWING, Container.ZIP, "Visio Document"),
    "publisher": Format("pub", Family.DRAWING, Container.OLE, "Publisher Document"),
    "wordperfect": Format("wpd", Family.TEXT, Container.PLAIN, "WordPerfect"),
    "works": Format("wps", Family.TEXT, Container.OLE, "MS_Works"),
    "write": Format("wri", Family.TEXT, Container.PLAIN, "MS_Write"),
    "lotus": Format("123", Family.SHEET, Container.PLAIN, "WPS_Lotus_Calc"),
    "quattro": Format("wb2", Family.SHEET, Container.PLAIN, "WPS_QPro_Calc"),
    "hangul": Format("hwp", Family.TEXT, Container.PLAIN, "writer_MIZI_Hwp_97"),
    "starwriter": Format("sdw", Family.TEXT, Container.OLE, "StarOffice_Writer"),
    "starcalc": Format("sdc", Family.SHEET, Container.OLE, "StarOffice_Spreadsheet"),
    "sxw": Format("sxw", Family.TEXT, Container.ZIP, "StarOffice XML (Writer)"),
    "sxc": Format("sxc", Family.SHEET, Container.ZIP, "StarOffice XML (Calc)"),
    "sxi": Format("sxi", Family.SLIDES, Container.ZIP, "StarOffice XML (Impress)"),
    "sxd": Format("sxd", Family.DRAWING, Container.ZIP, "StarOffice XML (Draw)"),
}
# These become one of the above before LibreOffice sees them.
MARKDOWN = Format("md", Family.TEXT, Container.PLAIN, HTML.import_filter)
MHTML = Format("mht", Family.TEXT, Container.PLAIN, HTML.import_filter)
CSV = Format("csv", Family.SHEET, Container.PLAIN, ODS.import_filter)
EPUB = Format("epub", Family.TEXT, Container.ZIP, HTML.import_filter)

# What an extension promises. Content decides where it can; these decide for text alone.
BY_EXTENSION = {
    **{extension: OTHERS[name] for extension, name in EXTENSIONS.items()},
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
    **dict.fromkeys(("odg", "otg"), ODG),
    "fodg": FODG,
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
