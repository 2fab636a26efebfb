"""Signatures of our own for what clamd calls clean without having opened it.

Debian's clamd has no reader for RAR, Zstandard and some more, and passes over those members of a
ZIP archive whose sizes stand in its 64-bit fields or whose method it does not know. What is in them
would slip through with the answer OK. These signatures find them at any depth, since clamd looks at
each file that it unpacks as at a file; `verdict` takes them for unknown, not for infected.

Lines are clamd's extended signatures (`name:target:offset:bytes in hexadecimal`, target 0 being any
file, `{n}` being n bytes of any kind), of ClamAV's manual, chapter "Extended signatures". The bytes
are of each format's own specification; ZIP's of PKWARE's APPNOTE 6.3.10, 4.3.7 and 4.4.5.
"""

from __future__ import annotations

PREFIX = "Mediamill.Unread."
FILE_NAME = "mediamill-unread.ndb"

_AT_THE_START = {
    "Rar": "526172211a07",
    "Zstandard": "28b52ffd",
    "Lz4": "04224d18",
    "Lzip": "4c5a4950",
    "Lzop": "894c5a4f000d0a1a0a",
    "Compress": "1f9d90",
    "Wim": "4d5357494d000000",
    "Zpaq": "377a5374a0",
}
# A member's local header, with the number of its method.
_ZIP_METHODS = {
    "ZipLzma": "0e00",
    "ZipOldZstandard": "1400",
    "ZipZstandard": "5d00",
    "ZipMp3": "5e00",
    "ZipXz": "5f00",
    "ZipWavPack": "6100",
    "ZipPpmd": "6200",
    "ZipAes": "6300",
}
_ZIP64 = "504b0304{14}ffffffffffffffff"  # both sizes are elsewhere
_ACE = "2a2a4143452a2a"


def signatures() -> str:
    """The file of them, as clamd loads it."""
    lines = [f"{PREFIX}{name}:0:0:{code}" for name, code in _AT_THE_START.items()]
    lines += [f"{PREFIX}{name}:0:*:504b0304{{4}}{code}" for name, code in _ZIP_METHODS.items()]
    lines += [f"{PREFIX}Zip64:0:*:{_ZIP64}", f"{PREFIX}Ace:0:7:{_ACE}"]
    return "\n".join(lines) + "\n"
