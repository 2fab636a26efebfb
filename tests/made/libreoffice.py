"""A real LibreOffice: set up without care, told to save as it likes; and its PDFs read back."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import pypdfium2
import pytest

from mediamill.domain.office import registry
from mediamill.domain.office.bounds import Bounds
from mediamill.domain.office.conversion import Office, convert, warm
from mediamill.domain.office.formats import Format

_SCRIPTING = "/org.openoffice.Office.Common/Security/Scripting"


def as_pdf(
    original: bytes, name: str, office: Office, folder: Path, bounds: Bounds | None = None
) -> pypdfium2.PdfDocument:
    """The document, converted as in production."""
    product = convert(original, name=name, office=office, bounds=bounds, scratch=folder)
    return pypdfium2.PdfDocument(product.body)


def text_of(document: pypdfium2.PdfDocument) -> str:
    """All text of a PDF."""
    return "\n".join(page.get_textpage().get_text_bounded() for page in document)


def warm_careless(program: Path, profile: Path) -> Office:
    """The LibreOffice as a careless admin sets it up: macros run, links are followed."""
    settings = (
        (_SCRIPTING, "MacroSecurityLevel", 0),
        ("/org.openoffice.Office.Writer/Content/Update", "Link", 0),
        ("/org.openoffice.Office.Calc/Content/Update", "Link", 0),
    )
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(registry, "SETTINGS", settings)
        return warm(program, profile)


def save(
    document: bytes, format_: Format, careless: Office, folder: Path, *, password: str = ""
) -> bytes:
    """The document as LibreOffice saves it in another format, locked where a password is given.

    LibreOffice takes a password from its programming interface only: hence a macro. It writes no
    encrypted ppt.
    """
    with tempfile.TemporaryDirectory(dir=folder) as made:
        job = Path(made)
        shutil.copytree(careless.profile, job / "profile")
        library = job / "profile" / "user" / "basic" / "Standard"
        library.mkdir(parents=True, exist_ok=True)
        (library / "Saving.xba").write_text(_MODULE)
        (library / "script.xlb").write_text(_LIBRARY)
        (library.parent / "script.xlc").write_text(_LIBRARIES)
        source, target = job / "source", job / f"target.{format_.extension}"
        source.write_bytes(document)
        arguments = ",".join(
            f'"{argument}"'
            for argument in (source.as_uri(), target.as_uri(), format_.import_filter, password)
        )
        subprocess.run(
            [
                *(str(careless.program), f"-env:UserInstallation={(job / 'profile').as_uri()}"),
                *("--headless", "--norestore", f"macro:///Standard.Saving.Save({arguments})"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60,
            check=True,
        )
        return target.read_bytes()


# The old and the OpenDocument filters take `Password`, those of Office Open XML `EncryptionData`.
_MODULE = """<?xml version="1.0" encoding="UTF-8"?>
<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Saving"
  script:language="StarBasic">
Sub Save(source, target, filter, password)
  Dim hidden(0) As New com.sun.star.beans.PropertyValue
  hidden(0).Name = "Hidden" : hidden(0).Value = True
  document = StarDesktop.loadComponentFromURL(source, "_blank", 0, hidden())
  Dim key(1) As New com.sun.star.beans.NamedValue
  key(0).Name = "CryptoType" : key(0).Value = "Standard"
  key(1).Name = "OOXPassword" : key(1).Value = password
  Dim how(1) As New com.sun.star.beans.PropertyValue
  how(0).Name = "FilterName" : how(0).Value = filter
  how(1).Name = "Overwrite" : how(1).Value = True
  If password &lt;&gt; "" Then
    If InStr(filter, "XML") &gt; 0 Then
      how(1).Name = "EncryptionData" : how(1).Value = key()
    Else
      how(1).Name = "Password" : how(1).Value = password
    End If
  End If
  document.storeToURL(target, how())
  document.close(True)
End Sub
</script:module>
"""
_LIBRARY = """<?xml version="1.0" encoding="UTF-8"?>
<library:library xmlns:library="http://openoffice.org/2000/library" library:name="Standard"
  library:readonly="false" library:passwordprotected="false">
  <library:element library:name="Saving"/>
</library:library>
"""
_LIBRARIES = """<?xml version="1.0" encoding="UTF-8"?>
<library:libraries xmlns:library="http://openoffice.org/2000/library"
  xmlns:xlink="http://www.w3.org/1999/xlink">
  <library:library library:name="Standard" xlink:href="$(USER)/basic/Standard/script.xlb/"
    xlink:type="simple" library:link="false"/>
</library:libraries>
"""
