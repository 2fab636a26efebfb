"""Values to JSON, in the one way that manifests, metadata and messages share.

Unknown is absent: a field that is None or empty is left out, unless its class gives it no default,
which says that a reader may count on it.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence, Set
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, TypeAlias

JSON: TypeAlias = "dict[str, JSON] | list[JSON] | str | int | float | bool | None"


@dataclasses.dataclass(frozen=True, slots=True)
class Pattern:
    """What a string's text looks like, said in `Annotated` for the published schema."""

    pattern: str


def to_json(value: object) -> dict[str, JSON]:
    """The JSON object of a dataclass instance or a mapping.

    Enums become their values, dates and times ISO 8601, tuples and sets lists; numbers that are
    not finite are unknown, and so absent. Raises TypeError for what JSON cannot say.
    """
    plain = _plain(value)
    if not isinstance(plain, dict):
        raise TypeError(f"{type(value).__name__} is not a JSON object")
    return plain


def is_required(field: dataclasses.Field[Any]) -> bool:
    """Whether the field is always in the JSON: it has no default."""
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _plain(value: object) -> JSON:
    if isinstance(value, Enum):
        return _plain(value.value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else _plain(float(value))
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, date | datetime):
        return value.isoformat()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: plain
            for field in dataclasses.fields(value)
            if _says_something(plain := _plain(getattr(value, field.name))) or is_required(field)
        }
    if isinstance(value, Mapping):
        return {
            str(_plain(name)): plain
            for name, entry in value.items()
            if _says_something(plain := _plain(entry))
        }
    if isinstance(value, Set):
        return sorted((_plain(entry) for entry in value), key=str)
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        return [_plain(entry) for entry in value]
    raise TypeError(f"JSON cannot say a {type(value).__name__}")


def _says_something(value: JSON) -> bool:
    return value is not None and value != "" and value != [] and value != {}
