"""LibreOffice's settings for a server: nothing runs, nothing is fetched, nothing is remembered.

Written into each profile as `registrymodifications.xcu`. Names and meanings are those of
officecfg in LibreOffice's source; a version that does not know one skips it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

_NOWHERE = "127.0.0.1"  # a proxy that nobody serves: port 9 is `discard`
_COMMON = "/org.openoffice.Office.Common"
_SCRIPTING = f"{_COMMON}/Security/Scripting"
_INET = "/org.openoffice.Inet/Settings"

SETTINGS: tuple[tuple[str, str, bool | int | str], ...] = (
    # No macros, of whatever origin, and no answer to what a document asks to run.
    (_SCRIPTING, "MacroSecurityLevel", 3),
    (_SCRIPTING, "DisableMacrosExecution", True),
    (_SCRIPTING, "DisableActiveContent", True),
    (_SCRIPTING, "DisableOLEAutomation", True),
    ("/org.openoffice.Office.Java/VirtualMachine", "Enable", False),
    # No links: neither those of a document from nowhere trusted, which is every document, …
    (_SCRIPTING, "BlockUntrustedRefererLinks", True),
    ("/org.openoffice.Office.Writer/Content/Update", "Link", 2),
    ("/org.openoffice.Office.Calc/Content/Update", "Link", 2),
    ("/org.openoffice.Office.Calc/Formula/Load", "OOXMLRecalcMode", 1),
    ("/org.openoffice.Office.Calc/Formula/Load", "ODFRecalcMode", 1),
    # … nor a way out for those that are followed all the same.
    (_INET, "ooInetProxyType", 1),
    *(
        setting
        for protocol in ("HTTP", "HTTPS", "FTP")
        for setting in (
            (_INET, f"ooInet{protocol}ProxyName", _NOWHERE),
            (_INET, f"ooInet{protocol}ProxyPort", 9),
        )
    ),
    (_INET, "ooInetNoProxy", ""),
    # A server has no first run, no recovery, no lock files, no reports.
    (f"{_COMMON}/Misc", "FirstRun", False),
    (f"{_COMMON}/Misc", "CrashReport", False),
    (f"{_COMMON}/Misc", "UseLocking", False),
    (f"{_COMMON}/Misc", "UseDocumentOOoLockFile", False),
    (f"{_COMMON}/Misc", "UseDocumentSystemFileLocking", False),
    (f"{_COMMON}/Save/Document", "AutoSave", False),
    ("/org.openoffice.Office.Recovery/AutoSave", "Enabled", False),
    ("/org.openoffice.Setup/Product", "ooSetupLastVersion", "99"),
)


def write(profile: Path) -> None:
    """Make a profile folder that holds these settings and nothing else."""
    user = profile / "user"
    user.mkdir(parents=True)
    lines = "\n".join(_items())
    (user / "registrymodifications.xcu").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<oor:items xmlns:oor="http://openoffice.org/2001/registry" '
        'xmlns:xs="http://www.w3.org/2001/XMLSchema" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
        f"{lines}\n</oor:items>\n",
        "utf-8",
    )


def _items() -> Iterator[str]:
    for path, name, value in SETTINGS:
        written = str(value).lower() if isinstance(value, bool) else str(value)
        yield (
            f'<item oor:path="{path}"><prop oor:name="{name}" oor:op="fuse">'
            f"<value>{written}</value></prop></item>"
        )
