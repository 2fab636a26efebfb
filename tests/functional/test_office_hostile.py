"""Documents that reach for the network, for files and for macros: what each fence stops."""

from __future__ import annotations

import http.server
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pypdfium2
import pytest
from made import office as made
from made.libreoffice import as_pdf, text_of
from made.loopback import answering
from PIL import Image

from mediamill.domain.office import conversion
from mediamill.domain.office.bounds import Bounds
from mediamill.domain.office.conversion import Office
from mediamill.domain.office.formats import DOCX, HTML, ODS, ODT, RTF, Format
from mediamill.domain.office.prepare import Ready


class Canary:
    """A web server that writes down who asks it for anything."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        asked = self.asked

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"<html><body>FOREIGN</body></html>")

            do_HEAD = do_OPTIONS = do_PROPFIND = do_GET

            def log_message(self, *_: object) -> None:
                pass

        self.handler = Handler
        self.url = ""


@pytest.fixture
def canary() -> Iterator[Canary]:
    made_canary = Canary()
    with answering(made_canary.handler) as made_canary.url:
        yield made_canary


def hostile(url: str, secret: str, picture: str) -> Mapping[Format, bytes]:
    """Documents that fetch `url` and show `secret` and `picture`, in a format's own ways."""
    field = (
        '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>{}</w:instrText>'
        '</w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>old</w:t></w:r>'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
    )
    linked = (
        '<w:p><w:r><w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/'
        'wordprocessingDrawing"><wp:extent cx="1000000" cy="1000000"/><wp:docPr id="1" name="a"/>'
        '<a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:graphicData '
        'uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic xmlns:pic="http://'
        'schemas.openxmlformats.org/drawingml/2006/picture"><pic:nvPicPr><pic:cNvPr id="1" '
        'name="a"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:link="{}"/><a:stretch>'
        '<a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext '
        'cx="1000000" cy="1000000"/></a:xfrm><a:prstGeom prst="rect"/></pic:spPr></pic:pic>'
        "</a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>"
    )
    word = made.docx(
        linked.format("r6")
        + linked.format("r7")
        + field.format(f' INCLUDETEXT "{secret}" ')
        + field.format(f' INCLUDEPICTURE "{url}/field.png" \\d ')
        + field.format(f' DDEAUTO soffice "{secret}" x ')
        + '<w:p><w:r><w:pict><v:shape style="width:99pt;height:99pt">'
        '<v:imagedata r:href="r7" r:id="r7"/></v:shape></w:pict></w:r></w:p>'
        '<w:p><w:r><w:pict><v:shape style="width:99pt;height:99pt">'
        '<v:imagedata r:id="r6"/></v:shape></w:pict></w:r></w:p>'
        + field.format(f' INCLUDEPICTURE "{picture}" \\d ')
        + '<w:p><w:r><w:object><v:shape style="width:99pt;height:99pt"/>'
        '<o:OLEObject Type="Link" ProgID="Word.Document" r:id="r8" UpdateMode="Always"/>'
        '</w:object></w:r></w:p><w:altChunk r:id="r9"/>',
        relations=[
            made.external("r7", "image", f"{url}/image.png"),
            made.external("r6", "image", picture),
            made.external("r8", "oleObject", secret),
            made.external("r9", "aFChunk", secret),
            made.external("r10", "attachedTemplate", f"{url}/template.dotm"),
        ],
        text="kept",
    )
    pictures = "".join(
        f'<draw:frame svg:width="3cm" svg:height="3cm"><draw:image xlink:href="{reference}" '
        'xlink:type="simple" xlink:show="embed" xlink:actuate="onLoad"/></draw:frame>'
        for reference in (picture, f"{url}/image.png")
    )
    section = (
        '<text:section text:name="{0}"><text:section-source xlink:href="{1}" {2}/></text:section>'
    )
    writer = made.odf(
        "text",
        "<text:p>kept</text:p>"
        + section.format("a", secret, 'text:filter-name="Text"')
        + section.format("b", f"{url}/section.txt", 'text:filter-name="Text"')
        + f"<text:p>{pictures}"
        f'<draw:frame svg:width="9cm" svg:height="9cm"><draw:floating-frame xlink:href="{secret}" '
        'xlink:type="simple" xlink:show="embed" xlink:actuate="onLoad"/></draw:frame>'
        f'<draw:frame svg:width="9cm" svg:height="9cm"><draw:object xlink:href="{secret}" '
        'xlink:type="simple" xlink:show="embed" xlink:actuate="onLoad"/></draw:frame></text:p>',
        extra={"settings.xml": UPDATE_LINKS},
    )
    formula = (
        '<table:table-cell table:formula="of:={}" office:value-type="string">'
        "<text:p>kept</text:p></table:table-cell>"
    )
    calc = made.odf(
        "spreadsheet",
        '<table:table table:name="One"><table:table-row>'
        '<table:table-cell office:value-type="string"><text:p>kept</text:p>'
        f"{pictures}</table:table-cell>"
        + formula.format(f"COM.MICROSOFT.WEBSERVICE(&quot;{url}/webservice&quot;)")
        + formula.format(f"COM.MICROSOFT.WEBSERVICE(&quot;{secret}&quot;)")
        + formula.format(f"[&apos;{secret}&apos;#$Sheet1.A1]")
        + '</table:table-row></table:table><table:table table:name="Two">'
        f'<table:table-source xlink:href="{secret}" table:filter-name="Text - txt - csv (StarCalc)"'
        ' table:mode="copy-all"/><table:table-row><table:table-cell/></table:table-row>'
        "</table:table>",
    )
    page = (
        f"<html><head><link rel=stylesheet href='{url}/s.css'></head>"
        f"<body background='{url}/b.png'>"
        f"kept<img src='{url}/i.png'><img src='{picture}'><iframe src='{secret}'></iframe>"
        f"<object data='{secret}'></object><embed src='{url}/e'></body></html>"
    ).encode()
    rich = (
        '{\\rtf1 kept {\\field{\\*\\fldinst INCLUDETEXT "' + secret + '"}{\\fldrslt old}}'
        '{\\field{\\*\\fldinst INCLUDEPICTURE "' + url + '/f.png" \\\\d}{\\fldrslt old}}'
        '{\\field{\\*\\fldinst INCLUDEPICTURE "' + picture + '" \\\\d}{\\fldrslt old}}'
        "{\\*\\template " + url + "/t.dot}}"
    ).encode()
    return {DOCX: word, ODT: writer, ODS: calc, HTML: page, RTF: rich}


FORMATS = [pytest.param(format_, id=format_.extension) for format_ in (DOCX, ODT, ODS, HTML, RTF)]


@pytest.fixture
def documents(canary: Canary, tmp_path: Path) -> Mapping[Format, bytes]:
    """The hostile documents; their secrets are files beside the job's folder."""
    secret, picture = tmp_path / "secret.txt", tmp_path / "secret.png"
    secret.write_text("FOREIGN")
    Image.new("RGB", (200, 200), MAGENTA).save(picture)
    return hostile(canary.url, secret.as_uri(), picture.as_uri())


@pytest.fixture
def no_walls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """LibreOffice started as it is, unconfined."""
    script = tmp_path / "no_walls.py"
    script.write_text("import os, sys\nos.execv(sys.argv[2], sys.argv[2:])\n")
    monkeypatch.setattr(conversion, "CONFINE", script)


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("prepared", [True, False], ids=["prepared", "as it stands"])
def test_no_request_leaves_and_no_foreign_byte_comes_in(
    format_: Format,
    prepared: bool,
    documents: Mapping[Format, bytes],
    office: Office,
    canary: Canary,
    tmp_path: Path,
) -> None:
    """As it stands, only the walls and LibreOffice's settings hold."""
    original = documents[format_]
    if prepared:
        document = as_pdf(original, f"hostile.{format_.extension}", office, tmp_path)
    else:
        document = unprepared(original, format_, office, tmp_path)
    assert "kept" in text_of(document)
    assert "FOREIGN" not in text_of(document)
    assert not shows_magenta(document)
    assert canary.asked == []


MAGENTA = (255, 0, 255)


def shows_magenta(document: pypdfium2.PdfDocument) -> bool:
    pictures = (page.render(scale=0.5).to_pil().convert("RGB") for page in document)
    return any(
        MAGENTA in {colour for _, colour in picture.getcolors(1 << 24)} for picture in pictures
    )


# A document may ask for its links to be brought up to date without a question.
UPDATE_LINKS = (
    '<?xml version="1.0"?><office:document-settings '
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:config="urn:oasis:names:tc:opendocument:xmlns:config:1.0" office:version="1.2">'
    '<office:settings><config:config-item-set config:name="ooo:configuration-settings">'
    '<config:config-item config:name="LinkUpdateMode" config:type="short">1</config:config-item>'
    "</config:config-item-set></office:settings></office:document-settings>"
)


@pytest.mark.usefixtures("no_walls")
@pytest.mark.parametrize("format_", FORMATS)
def test_without_the_fences_those_documents_do_fetch_and_show(
    format_: Format,
    documents: Mapping[Format, bytes],
    careless: Office,
    canary: Canary,
    tmp_path: Path,
) -> None:
    """The control: the same documents, with careless settings and no walls.

    It is their pictures that come in. Even so, LibreOffice 7.4 fetches an RTF's from files only,
    and leaves formulas and linked sheets of a spreadsheet alone when nobody is there to ask: for
    those the tests above have no control.
    """
    assert shows_magenta(unprepared(documents[format_], format_, careless, tmp_path))
    assert bool(canary.asked) == (format_ is not RTF)


@pytest.mark.usefixtures("no_walls")
@pytest.mark.parametrize("format_", [DOCX, ODT, ODS, HTML], ids=lambda format_: format_.extension)
def test_what_is_cut_before_would_do_by_itself(
    format_: Format,
    documents: Mapping[Format, bytes],
    careless: Office,
    canary: Canary,
    tmp_path: Path,
) -> None:
    """Careless settings and no walls, but prepared; an RTF goes in as it came."""
    document = as_pdf(documents[format_], f"a.{format_.extension}", careless, tmp_path)
    assert "kept" in text_of(document)
    assert "FOREIGN" not in text_of(document)
    assert not shows_magenta(document)
    assert canary.asked == []


@pytest.mark.usefixtures("no_walls")
@pytest.mark.parametrize("format_", FORMATS)
def test_our_settings_alone_would_let_no_request_out(
    format_: Format,
    documents: Mapping[Format, bytes],
    office: Office,
    canary: Canary,
    tmp_path: Path,
) -> None:
    """They do not keep LibreOffice from local pictures that an ODS or an RTF names."""
    document = unprepared(documents[format_], format_, office, tmp_path)
    assert "FOREIGN" not in text_of(document)
    assert canary.asked == []


@pytest.mark.parametrize("format_", FORMATS)
def test_the_walls_alone_would_let_no_request_out(
    format_: Format,
    documents: Mapping[Format, bytes],
    careless: Office,
    canary: Canary,
    tmp_path: Path,
) -> None:
    """And where the kernel has Landlock, no file in: `test_office_confine.py`."""
    unprepared(documents[format_], format_, careless, tmp_path)
    assert canary.asked == []


def unprepared(
    original: bytes, format_: Format, office: Office, folder: Path
) -> pypdfium2.PdfDocument:
    """The document straight into the confined LibreOffice."""
    with conversion._job(folder) as job:
        path = job / "in" / f"document.{format_.extension}"
        path.write_bytes(original)
        shutil.copytree(office.profile, job / "profile")
        assert conversion._run(office.program, Ready(path, format_), job, Bounds()) == 0
        return pypdfium2.PdfDocument((job / "out" / "document.pdf").read_bytes())


def macro_document(writes: Path) -> bytes:
    """An OpenDocument text whose macro, as soon as it is opened, writes the file `writes`."""
    script = (
        '<?xml version="1.0" encoding="UTF-8"?><script:module '
        'xmlns:script="http://openoffice.org/2000/script" script:name="Module1" '
        f'script:language="StarBasic">Sub Main\nOpen "{writes}" For Output As #1\n'
        'Print #1, "ran"\nClose #1\nEnd Sub</script:module>'
    )
    library = (
        '<?xml version="1.0" encoding="UTF-8"?><library:{0} '
        'xmlns:library="http://openoffice.org/2000/library" '
        'xmlns:xlink="http://www.w3.org/1999/xlink" {1}</library:{0}>'
    )
    return made.odf(
        "text",
        "<text:p>kept</text:p>",
        before=(
            "<office:scripts><office:event-listeners><script:event-listener "
            'script:language="ooo:script" script:event-name="dom:load" '
            'xlink:href="vnd.sun.star.script:Standard.Module1.Main?language=Basic&amp;'
            'location=document" xlink:type="simple"/></office:event-listeners></office:scripts>'
        ),
        extra={
            "Basic/Standard/Module1.xml": script,
            "Basic/Standard/script-lb.xml": library.format(
                "library",
                'library:name="Standard" library:readonly="false" '
                'library:passwordprotected="false"><library:element library:name="Module1"/>',
            ),
            "Basic/script-lc.xml": library.format(
                "libraries", '><library:library library:name="Standard" library:link="false"/>'
            ),
        },
    )


def test_a_macro_does_not_run_in_a_conversion(office: Office, tmp_path: Path) -> None:
    writes = tmp_path / "ran"
    assert "kept" in text_of(as_pdf(macro_document(writes), "a.odt", office, tmp_path))
    assert "kept" in text_of(unprepared(macro_document(writes), ODT, office, tmp_path))
    assert not writes.exists()


@pytest.mark.parametrize(("settings", "runs"), [("careless", True), ("office", False)])
def test_our_settings_alone_would_stop_a_macro(
    settings: str, runs: bool, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Opened, not converted, and without walls: with careless settings the macro does run."""
    office: Office = request.getfixturevalue(settings)
    writes, document = tmp_path / "ran", tmp_path / "a.odt"
    document.write_bytes(macro_document(writes))
    copy = tmp_path / "profile"
    shutil.copytree(office.profile, copy)
    process = subprocess.Popen(
        [
            *(str(office.program), f"-env:UserInstallation={copy.as_uri()}"),
            *("--headless", "--norestore", "--nologo", str(document)),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    until = time.monotonic() + (20 if runs else 4)
    while not writes.exists() and time.monotonic() < until:
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert writes.exists() == runs
