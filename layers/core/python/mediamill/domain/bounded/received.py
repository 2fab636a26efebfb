"""What a child sends, taken as values only: a pickle can have its reader call anything.

A child works on hostile bytes with native code; should the bytes have got hold of it, the fence is
of no use where the parent does what the child writes.
"""

from __future__ import annotations

import io
import pickle
import sys
from dataclasses import is_dataclass
from enum import Enum
from multiprocessing.connection import Connection
from typing import Any

from mediamill.domain.bounded.forked import Crashed


def received(connection: Connection) -> Any:
    """The next value from a child: built-in types, and our own dataclasses, enums and errors.

    Errors of modules that are loaded already pass too. Raises Crashed where it is something else,
    and EOFError or OSError as the connection does.
    """
    sent = connection.recv_bytes()
    try:
        return _Values(io.BytesIO(sent)).load()
    except Exception as error:  # whatever broken or hostile bytes make of a reader
        raise Crashed(f"the child sent what is no value: {error}") from None


class _Values(pickle.Unpickler):
    """Finds classes whose making does nothing else, and neither functions nor modules."""

    def find_class(self, module: str, name: str) -> type:
        """The class, if it is one of a value; nothing is imported for it."""
        found = getattr(sys.modules.get(module), name, None)
        if (
            isinstance(found, type)
            and (found.__module__, found.__qualname__) == (module, name)  # not one that it imports
            and _is_of_a_value(found)
        ):
            return found
        raise pickle.UnpicklingError(f"{module}.{name}")


def _is_of_a_value(kind: type) -> bool:
    if kind.__module__.partition(".")[0] == "mediamill":
        return is_dataclass(kind) or issubclass(kind, (BaseException, Enum))
    return issubclass(kind, Exception)
