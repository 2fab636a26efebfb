"""Text is drawn where there is no font but ours, and with yours."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from made import images, pdf
from PIL import Image

import mediamill
from mediamill.domain import fonts
from mediamill.domain.document import first_page, open_document
from mediamill.domain.document.typefaces import look_in
from mediamill.domain.image.reading.typefaces import styled, with_generic
from mediamill.domain.profile import parse_profiles

CYRILLIC = (
    b"<</Type/Font/Subtype/TrueType/BaseFont/Arimo/FirstChar 65/LastChar 67/Widths[600 600 600]"
    b"/FontDescriptor 6 0 R/Encoding<</Type/Encoding"
    b"/Differences[65/afii10017/afii10018/afii10019]>>>>"
)
DESCRIBED = (
    b"<</Type/FontDescriptor/FontName/Arimo/Flags 32/ItalicAngle 0/Ascent 900/Descent -200"
    b"/CapHeight 700/StemV 80/FontBBox[0 0 1000 1000]>>"
)


def drawn(text: str, family: str) -> Image.Image:
    """An SVG of one line, black on white, 400 pixels wide."""
    markup = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="400" height="60">'
        '<rect width="400" height="60" fill="#fff"/>'
        f'<text x="5" y="40" font-size="30" font-family="{family}">{text}</text></svg>'
    )
    return images.shown(markup.encode(), 400).convert("L")


def width_of(picture: Image.Image) -> int:
    """How many pixels wide what is darker than paper is; 0 where nothing is."""
    box = picture.point(lambda level: 255 if level < 128 else 0).getbbox()
    return box[2] - box[0] if box else 0


def page(body: bytes, font: bytes) -> Image.Image:
    original = pdf.document([body], more={3: font, 6: DESCRIBED})
    with open_document(original) as document:
        return first_page(document, parse_profiles("page=400", "png")).convert("L")


@pytest.mark.parametrize("text", ["Every mill", "Жук αβγ", "שלום", "Tiếng Việt"])
@pytest.mark.parametrize("family", ["Helvetica", "Times New Roman", "monospace", "Nonesuch"])
def test_an_svgs_text_is_there_in_many_scripts(text: str, family: str) -> None:
    assert width_of(drawn(text, family)) > 50


def test_an_svgs_text_is_set_in_letters_of_the_kind_that_it_names() -> None:
    narrow, wide = "iiiiiiii", "WWWWWWWW"
    assert width_of(drawn(narrow, "Courier New")) > 0.8 * width_of(drawn(wide, "Courier New"))
    assert width_of(drawn(narrow, "Arial")) < 0.4 * width_of(drawn(wide, "Arial"))
    assert drawn("Mill", "Arial") == drawn("Mill", "Helvetica") == drawn("Mill", "sans-serif")
    assert drawn("Mill", "Georgia") == drawn("Mill", "serif") != drawn("Mill", "Arial")


@pytest.mark.parametrize(
    ("named", "taken"),
    [
        ("Arial", "Arial, sans-serif"),
        ("'PT Serif'", "'PT Serif', serif"),
        ("Noto Sans Serif", "Noto Sans Serif, sans-serif"),
        ("Fira Code, Arial", "Fira Code, Arial, monospace"),
        ("Arial, serif", "Arial, serif"),
        ("inherit", "inherit"),
        ("", ""),
    ],
)
def test_a_list_of_fonts_ends_in_a_generic_one(named: str, taken: str) -> None:
    assert with_generic(named) == taken


@pytest.mark.parametrize(
    ("css", "taken"),
    [
        ("fill:red; font-family: Arial; x:y", "fill:red; font-family: Arial, sans-serif; x:y"),
        ("a{font:bold 12px/1.2 Times}b{}", "a{font:bold 12px/1.2 Times, serif}b{}"),
        ("font: 12px Consolas, Arial", "font: 12px Consolas, Arial, monospace"),
        ("font-family:Arial!important", "font-family:Arial, sans-serif!important"),
        ("font:inherit;font-size:12px", "font:inherit;font-size:12px"),
    ],
)
def test_a_style_does_too(css: str, taken: str) -> None:
    assert styled(css) == taken


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("1" * 2_000_000, id="digits"),
        pytest.param(" " * 2_000_000, id="spaces"),
        pytest.param("1 ," * 500_000, id="commas"),
    ],
)
def test_a_style_that_is_made_to_cost_is_left_as_it_is(value: str) -> None:
    css = f"a{{font:{value}}}"
    assert styled(css) == css  # without an end, if it were looked through


@pytest.mark.parametrize("font", [b"Arial", b"TimesNewRoman,Bold", b"Nonesuch"])
def test_a_pdfs_latin_text_is_there_though_it_brings_no_font(font: bytes) -> None:
    named = b"<</Type/Font/Subtype/TrueType/BaseFont/%b/Encoding/WinAnsiEncoding>>" % font
    assert width_of(page(pdf.line("Every mill", size=24), named)) > 100


@pytest.fixture
def own_fonts() -> Iterator[Path]:
    """Arimo as a font that somebody has put into the folder."""
    (folder,) = (each for each in fonts.folders() if each.parent.name == "fontpkg_arimo")
    look_in([folder])
    yield folder
    look_in([fonts.OWN])


def test_other_letters_of_a_pdf_are_drawn_with_a_font_that_you_put_there(own_fonts: Path) -> None:
    letters = pdf.line("ABC", size=24)
    assert width_of(page(letters, CYRILLIC)) > 50
    look_in([])
    assert width_of(page(letters, CYRILLIC)) == 0


def test_yours_are_found_beside_the_layers_code(tmp_path: Path) -> None:
    shutil.copytree(Path(mediamill.__file__).parent, tmp_path / "python" / "mediamill")
    (arimo,) = (each for each in fonts.folders() if each.parent.name == "fontpkg_arimo")
    shutil.copytree(arimo, tmp_path / "fonts")
    original = tmp_path / "letters.pdf"
    original.write_bytes(pdf.document([pdf.line("ABC", size=24)], more={3: CYRILLIC, 6: DESCRIBED}))
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'python')!r})\n"
        "from pathlib import Path; from mediamill.domain import fonts\n"
        "from mediamill.domain.document import open_document\n"
        f"page = open_document(Path({str(original)!r})).page(1)\n"
        "print(fonts.OWN, min(page.render().to_pil().convert('L').getdata()))"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()
    assert told[0] == str(tmp_path / "fonts")
    assert int(told[1]) < 128  # something is black
