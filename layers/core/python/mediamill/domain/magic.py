"""libmagic's own tables, asked from Python: the first bytes of a file in, its media type out.

The shared library and the compiled tables come from the `pylibmagic` wheel. Importing that package
would patch ctypes and the process's environment, so only its folder is used.
"""

from __future__ import annotations

import ctypes
import importlib.util
from functools import cache
from pathlib import Path

_MIME_TYPE = 0x10  # MAGIC_MIME_TYPE of magic.h


class Magic:
    """One loaded libmagic: 7 MB of tables, mapped once, about 0.1 ms a question."""

    def __init__(self, folder: Path) -> None:
        library = ctypes.CDLL(str(folder / "libmagic.so"))
        library.magic_open.restype = ctypes.c_void_p
        library.magic_load.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
        library.magic_buffer.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
        library.magic_buffer.restype = ctypes.c_char_p
        self._library = library
        self._cookie = library.magic_open(_MIME_TYPE)
        if library.magic_load(self._cookie, str(folder / "magic.mgc").encode()) != 0:
            raise RuntimeError(f"libmagic cannot load its tables from {folder}")

    def media_type(self, head: bytes) -> str:
        """The media type of what begins with `head`, else `application/octet-stream`."""
        answer = self._library.magic_buffer(self._cookie, head, len(head))
        return bytes(answer).decode() if answer else "application/octet-stream"


@cache
def libmagic() -> Magic:
    """The process's libmagic, loaded at its first use."""
    spec = importlib.util.find_spec("pylibmagic")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("the wheel pylibmagic is missing: see functions/ingest/requirements.txt")
    return Magic(Path(spec.submodule_search_locations[0]))
