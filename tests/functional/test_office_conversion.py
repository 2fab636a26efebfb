"""Documents through a real LibreOffice, honest ones and others."""

from __future__ import annotations

import contextlib
import http.server
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest
from made import office as made
from PIL import Image

from mediamill.domain.errors import Broken, PasswordRequired, TimedOut, Unprocessable, Unsupported
from mediamill.domain.office import conversion, registry
from mediamill.domain.office.bounds import Bounds
from mediamill.domain.office.conversion import Office, convert, install, locate, warm
from mediamill.domain.office.formats import DOCX, HTML, ODS, ODT, RTF, Format
from mediamill.domain.office.prepare import Ready

PROGRAM = locate()
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="LibreOffice is not here")
CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "documents"
OFFICE_SUFFIXES = {".doc", ".docx", ".rtf", ".xls", ".xlsx", ".ods", ".odt", ".odp", ".ppt"}
OFFICE_SUFFIXES |= {".pptx", ".epub"}
ENDS_OTHERWISE = {"testWORD_protected_passtika.docx", "testWORD_truncated.docx"}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    assert PROGRAM is not None
    return warm(PROGRAM, tmp_path_factory.mktemp("office") / "profile")


@pytest.fixture(scope="module")
def careless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The same LibreOffice as a careless admin sets it up: macros run, links are followed."""
    assert PROGRAM is not None
    scripting = "/org.openoffice.Office.Common/Security/Scripting"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(registry, "SETTINGS", ((scripting, "MacroSecurityLevel", 0),))
        yield warm(PROGRAM, tmp_path_factory.mktemp("careless") / "profile")


def as_pdf(
    original: bytes, name: str, office: Office, folder: Path, bounds: Bounds | None = None
) -> pypdfium2.PdfDocument:
    product = convert(original, name=name, office=office, bounds=bounds, scratch=folder)
    return pypdfium2.PdfDocument(product.body)


def text_of(document: pypdfium2.PdfDocument) -> str:
    return "\n".join(page.get_textpage().get_text_bounded() for page in document)


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")
@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=path.name)
        for path in sorted(CORPUS.glob("*"))
        if path.suffix in OFFICE_SUFFIXES and path.name not in ENDS_OTHERWISE
    ],
)
def test_every_office_document_of_the_corpus_becomes_a_pdf(path: Path, office: Office) -> None:
    product = convert(path.read_bytes(), name=path.name, office=office)
    assert product.body.startswith(b"%PDF-")
    assert (product.name, product.extension) == ("pdf", "pdf")
    assert product.content_type == "application/pdf"
    assert not product.truncated


@pytest.mark.parametrize(
    ("original", "name", "expected"),
    [
        (b"plain words", "notes.txt", "plain words"),
        ("Grüße 你好 שלום".encode(), "notes.txt", "Grüße 你好"),
        (b"# Heading\n\n- one\n- two", "notes.md", "Heading"),
        (b"<html><body><h1>Page</h1></body></html>", "page.html", "Page"),
        (b"a;b\n007;x\n", "table.csv", "007"),
        (made.xlsx([["left", "right"]]), "table.xlsx", "right"),
        (made.epub("<p>one</p>", "<p>a chapter</p>"), "book.epub", "a chapter"),
        (made.odf("text", "<text:p>in a frame</text:p>"), "a.odt", "in a frame"),
    ],
)
def test_what_was_written_can_be_read_in_the_pdf(
    original: bytes, name: str, expected: str, office: Office, tmp_path: Path
) -> None:
    assert expected in text_of(as_pdf(original, name, office, tmp_path))


def test_markdown_is_rendered_not_shown_as_source(office: Office, tmp_path: Path) -> None:
    text = text_of(as_pdf(b"# Title\n\n**bold** and `code`\n", "a.md", office, tmp_path))
    assert "#" not in text
    assert "**" not in text
    assert "bold and code" in text


WIDE = [[f"column {index} of many" for index in range(30)]]


@pytest.mark.parametrize(
    ("original", "name"),
    [
        (made.xlsx(WIDE), "wide.xlsx"),
        (",".join(WIDE[0]).encode(), "wide.csv"),
        (
            made.odf(
                "spreadsheet",
                '<table:table table:name="One"><table:table-row>'
                + "".join(
                    '<table:table-cell office:value-type="string">'
                    f"<text:p>{cell}</text:p></table:table-cell>"
                    for cell in WIDE[0]
                )
                + "</table:table-row></table:table>",
                styles=(
                    '<office:automatic-styles><style:page-layout style:name="p">'
                    '<style:page-layout-properties fo:page-width="21cm" fo:page-height="29.7cm"/>'
                    "</style:page-layout></office:automatic-styles><office:master-styles>"
                    '<style:master-page style:name="Default" style:page-layout-name="p"/>'
                    "</office:master-styles>"
                ),
            ),
            "wide.ods",
        ),
    ],
    ids=["xlsx", "csv", "ods"],
)
def test_thirty_columns_stand_on_one_page(
    original: bytes, name: str, office: Office, tmp_path: Path
) -> None:
    assert len(as_pdf(original, name, office, tmp_path)) == 1


def test_an_old_workbook_is_fitted_too(office: Office, careless: Office, tmp_path: Path) -> None:
    """Made by LibreOffice itself from the wide one, as no library writes xls."""
    (tmp_path / "wide.xlsx").write_bytes(made.xlsx(WIDE))
    shutil.copytree(careless.profile, tmp_path / "writer")
    subprocess.run(
        [
            *(str(office.program), f"-env:UserInstallation={(tmp_path / 'writer').as_uri()}"),
            *("--headless", "--convert-to", "xls", "--outdir", str(tmp_path)),
            str(tmp_path / "wide.xlsx"),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=60,
        check=True,
    )
    assert len(as_pdf((tmp_path / "wide.xls").read_bytes(), "wide.xls", office, tmp_path)) == 1


def test_keeps_as_many_pages_as_allowed_and_says_so(office: Office, tmp_path: Path) -> None:
    long = b"line\n" * 400
    whole = convert(long, name="long.txt", office=office, bounds=Bounds(pages=50))
    pages = len(pypdfium2.PdfDocument(whole.body))
    assert pages > 3
    assert not whole.truncated
    exact = convert(long, name="long.txt", office=office, bounds=Bounds(pages=pages))
    assert not exact.truncated
    cut = convert(long, name="long.txt", office=office, bounds=Bounds(pages=3))
    assert cut.truncated
    assert len(pypdfium2.PdfDocument(cut.body)) == 3


def test_stops_at_its_time_and_leaves_nothing_behind(office: Office, tmp_path: Path) -> None:
    original = made.docx(text="slow")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    began = time.monotonic()
    with pytest.raises(TimedOut):
        convert(
            original, name="a.docx", office=office, bounds=Bounds(seconds=0.12), scratch=scratch
        )
    assert time.monotonic() - began < 3
    assert not list(scratch.iterdir())
    assert not processes_naming(str(scratch))


def processes_naming(word: str) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if word in command and process.name != str(os.getpid()):
            found.append(command)
    return found


def test_what_killed_processes_left_behind_is_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    gone = subprocess.Popen(["/bin/true"])
    gone.wait()
    dead = tmp_path / f"mediamill-office-job-{gone.pid}-x"
    alive = tmp_path / f"mediamill-office-job-{os.getpid()}-x"
    for folder in (dead, alive):
        (folder / "in").mkdir(parents=True)
    install()
    assert not dead.exists()
    assert alive.exists()


def test_a_crash_ends_as_broken_and_the_next_document_is_fine(
    office: Office, tmp_path: Path
) -> None:
    with pytest.raises(Broken, match="crashes"):
        as_pdf(made.docx(text="x"), "a.docx", office, tmp_path, Bounds(memory_bytes=200_000_000))
    assert len(as_pdf(made.docx(text="x"), "a.docx", office, tmp_path)) == 1


def test_a_crash_of_the_machines_is_tried_once_more(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, outcomes = conversion._run, [-11]

    def crash_first(*arguments: object) -> int:
        return outcomes.pop() if outcomes else run(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(conversion, "_run", crash_first)
    assert len(as_pdf(made.docx(text="x"), "a.docx", office, tmp_path)) == 1


@pytest.mark.parametrize(
    ("original", "name", "error"),
    [
        (made.docx(text="<")[:300], "torn.docx", Broken),
        (b"PK\x03\x04 nothing", "a.docx", Broken),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 nothing", "a.doc", Broken),
        (made.package({"x": "y"}), "a.zip", Unsupported),
        (
            made.package(
                {
                    "[Content_Types].xml": "application/vnd.openxmlformats-officedocument."
                    'wordprocessingml.document.main+xml"'
                }
            ),
            "hollow.docx",
            Broken,
        ),
    ],
)
def test_what_is_no_document_ends_with_the_right_error(
    original: bytes, name: str, error: type[Unprocessable], office: Office, tmp_path: Path
) -> None:
    with pytest.raises(error):
        as_pdf(original, name, office, tmp_path)


def test_an_encrypted_workbook_that_no_known_password_opens(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: object, **__: object) -> Ready:
        path = tmp_path / "in.xls"
        path.write_bytes(b"sealed")
        return Ready(path, DOCX, encrypted=True)

    monkeypatch.setattr(conversion, "prepare", locked)
    with pytest.raises(PasswordRequired):
        as_pdf(b"", "a.xls", office, tmp_path)


ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))


@pytest.mark.parametrize(
    ("original", "name"),
    [
        (
            made.package(
                {
                    "mimetype": "application/vnd.oasis.opendocument.text",
                    "META-INF/manifest.xml": "<m/>",
                    "content.xml": f'<!DOCTYPE d [<!ENTITY e0 "ha">{ENTITIES}]><d>&e11;</d>',
                }
            ),
            "entities.odt",
        ),
        (made.docx("<w:tbl><w:tr><w:tc>" * 5_000), "deep.docx"),
        (b"<html>" + b"<div><table><tr><td>" * 500, "deep.html"),
        (b"{\\rtf1 " + b"{" * 200_000, "deep.rtf"),
        (made.xlsx([["x" * 30_000] * 50] * 20), "fat.xlsx"),
    ],
    ids=["entities", "nested docx", "nested html", "nested rtf", "fat cells"],
)
def test_what_is_made_to_exhaust_ends_in_bounded_time(
    original: bytes, name: str, office: Office, tmp_path: Path
) -> None:
    """Either outcome will do, as long as there is one, and the next document is fine."""
    bounds = Bounds(seconds=6, pages=20)
    began = time.monotonic()
    with contextlib.suppress(Unprocessable):
        as_pdf(original, name, office, tmp_path, bounds)
    assert time.monotonic() - began < 2 * bounds.seconds + 10
    assert len(as_pdf(b"fine", "a.txt", office, tmp_path)) == 1


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

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def canary() -> Iterator[Canary]:
    made_canary = Canary()
    thread = threading.Thread(target=made_canary.server.serve_forever, args=(0.05,))
    thread.start()
    yield made_canary
    made_canary.server.shutdown()
    thread.join()
    made_canary.server.server_close()


def hostile(url: str, secret: str, picture: str) -> list[tuple[Format, str, bytes]]:
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
    section = (
        '<text:section text:name="{0}"><text:section-source xlink:href="{1}" {2}/></text:section>'
    )
    writer = made.odf(
        "text",
        "<text:p>kept</text:p>"
        + section.format("a", secret, 'text:filter-name="Text"')
        + section.format("b", f"{url}/section.txt", 'text:filter-name="Text"')
        + '<text:p><draw:frame svg:width="3cm" svg:height="3cm">'
        f'<draw:image xlink:href="{picture}" xlink:type="simple" xlink:show="embed" '
        'xlink:actuate="onLoad"/></draw:frame><draw:frame svg:width="3cm" svg:height="3cm">'
        f'<draw:image xlink:href="{url}/i.png" xlink:type="simple" xlink:show="embed" '
        'xlink:actuate="onLoad"/></draw:frame>'
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
        '<table:table-cell office:value-type="string"><text:p>kept</text:p></table:table-cell>'
        + formula.format(f"WEBSERVICE(&quot;{url}/webservice&quot;)")
        + formula.format(f"WEBSERVICE(&quot;{secret}&quot;)")
        + formula.format(f"&apos;{secret}&apos;#$Sheet1.A1")
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
        "{\\*\\template " + url + "/t.dot}}"
    ).encode()
    return [
        (DOCX, "hostile.docx", word),
        (ODT, "hostile.odt", writer),
        (ODS, "hostile.ods", calc),
        (HTML, "hostile.html", page),
        (RTF, "hostile.rtf", rich),
    ]


@pytest.mark.parametrize("index", range(5), ids=["docx", "odt", "ods", "html", "rtf"])
@pytest.mark.parametrize("prepared", [True, False], ids=["prepared", "as it stands"])
def test_no_request_leaves_and_no_foreign_byte_comes_in(
    index: int, prepared: bool, office: Office, canary: Canary, tmp_path: Path
) -> None:
    """Each fence by itself: as it stands, only the walls and LibreOffice's settings hold."""
    secret = tmp_path / "secret.txt"
    secret.write_text("FOREIGN")
    picture = tmp_path / "secret.png"
    Image.new("RGB", (200, 200), MAGENTA).save(picture)
    format_, name, original = hostile(canary.url, secret.as_uri(), picture.as_uri())[index]
    if prepared:
        document = as_pdf(original, name, office, tmp_path)
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


@pytest.mark.parametrize("index", [0, 1, 3], ids=["docx", "odt", "html"])
def test_without_the_fences_those_documents_do_fetch_and_show(
    index: int,
    careless: Office,
    canary: Canary,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control: the same documents, with careless settings and no walls."""
    picture = tmp_path / "secret.png"
    Image.new("RGB", (200, 200), MAGENTA).save(picture)
    no_walls = tmp_path / "no_walls.py"
    no_walls.write_text("import os, sys\nos.execv(sys.argv[2], sys.argv[2:])\n")
    monkeypatch.setattr(conversion, "CONFINE", no_walls)
    format_, _, original = hostile(canary.url, picture.as_uri(), picture.as_uri())[index]
    assert shows_magenta(unprepared(original, format_, careless, tmp_path))
    assert canary.asked


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
