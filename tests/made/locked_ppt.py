"""An old presentation, encrypted as PowerPoint 2003 does: RC4 CryptoAPI ([MS-PPT] 2.3.7).

LibreOffice writes ppt, but no encrypted one, and libraries only decrypt it.
"""

from __future__ import annotations

import hashlib
import struct
from io import BytesIO

import olefile
from Crypto.Cipher import ARC4

from made.compound import compound

_ENCRYPTED = 0xF3D1C4DF  # headerToken of CurrentUserAtom ([MS-PPT] 2.3.2)
_SALT, _VERIFIER = bytes(range(16)), bytes(range(16, 32))
_PROVIDER = "Microsoft Enhanced Cryptographic Provider v1.0\0".encode("utf-16-le")


def lock(presentation: bytes, password: str) -> bytes:
    """The ppt with every persist object encrypted; what else the file holds is left out."""
    with olefile.OleFileIO(BytesIO(presentation)) as opened:
        user = bytearray(opened.openstream("Current User").read())
        stream = bytearray(opened.openstream("PowerPoint Document").read())
    (edit,) = struct.unpack_from("<I", user, 16)
    (directory,) = struct.unpack_from("<I", stream, edit + 20)
    first_and_count, *places = struct.unpack_from(
        f"<{struct.unpack_from('<I', stream, directory + 4)[0] // 4}I", stream, directory + 8
    )
    assert first_and_count == 1 | len(places) << 20, "more than one run of persist objects"
    for number, place in enumerate(places, 1):
        end = place + 8 + struct.unpack_from("<I", stream, place + 4)[0]
        stream[place:end] = _cipher(password, number).encrypt(bytes(stream[place:end]))
    session, number = _session(password), len(places) + 1
    body = bytes(stream[:directory]) + session
    entries = struct.pack(f"<{number + 1}I", 1 | number << 20, *places, directory)
    body_and_directory = body + struct.pack("<HHI", 0, 0x1772, len(entries)) + entries
    last = bytearray(stream[edit : edit + 36]) + struct.pack("<I", number)
    struct.pack_into("<I", last, 4, 32)
    struct.pack_into("<I", last, 20, len(body))
    struct.pack_into("<I", last, 28, number)
    struct.pack_into("<II", user, 12, _ENCRYPTED, len(body_and_directory))
    return compound(
        {"Current User": bytes(user), "PowerPoint Document": body_and_directory + bytes(last)}
    )


def _cipher(password: str, block: int) -> ARC4.ARC4Cipher:
    """The key of a block ([MS-OFFCRYPTO] 2.3.5.2), 128 bits of it."""
    secret = hashlib.sha1(_SALT + password.encode("utf-16-le")).digest()
    return ARC4.new(hashlib.sha1(secret + struct.pack("<I", block)).digest()[:16])


def _session(password: str) -> bytes:
    """CryptSession10Container: the header and the verifier ([MS-OFFCRYPTO] 2.3.5.1)."""
    header = struct.pack("<8I", 4, 0, 0x6801, 0x8004, 128, 1, 0, 0) + _PROVIDER
    sealed = _cipher(password, 0).encrypt(_VERIFIER + hashlib.sha1(_VERIFIER).digest())
    content = (
        struct.pack("<HHII", 2, 2, 4, len(header))
        + header
        + struct.pack("<I16s16sI20s", 16, _SALT, sealed[:16], 20, sealed[16:])
    )
    return struct.pack("<HHI", 0xF, 0x2F14, len(content)) + content
