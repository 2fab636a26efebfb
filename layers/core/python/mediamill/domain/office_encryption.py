"""Whether an Office file of before 2007 is encrypted, by the first bytes of its main stream."""

from __future__ import annotations

import struct

_WORD = 0x0100  # fEncrypted among the FIB's flags ([MS-DOC] 2.5.2)
_FILEPASS = 0x002F  # the record that says how a workbook is encrypted ([MS-XLS] 2.4.117)
_SLIDES = 0xF3D1C4DF  # headerToken of CurrentUserAtom ([MS-PPT] 2.3.2)


def is_locked_document(word_document: bytes) -> bool:
    """Whether a doc is encrypted, by its stream `WordDocument`."""
    return len(word_document) >= 12 and bool(struct.unpack_from("<H", word_document, 10)[0] & _WORD)


def is_locked_workbook(workbook: bytes) -> bool:
    """Whether an xls is encrypted, by its stream `Workbook`, or `Book` before Excel 97.

    With which password, this does not say: Excel uses one that everyone knows where only the
    workbook's structure is protected.
    """
    offset = 0
    for _ in range(8):  # the record stands right behind the first ones
        if offset + 4 > len(workbook):
            return False
        record, length = struct.unpack_from("<HH", workbook, offset)
        if record == _FILEPASS:
            return True
        offset += 4 + length
    return False


def is_locked_presentation(current_user: bytes) -> bool:
    """Whether a ppt is encrypted, by its stream `Current User`."""
    return len(current_user) >= 16 and struct.unpack_from("<I", current_user, 12)[0] == _SLIDES
