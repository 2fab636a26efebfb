"""How large DynamoDB takes an item to be.

Amazon DynamoDB Developer Guide, "DynamoDB item sizes and formats": names and strings in bytes of
UTF-8, two digits of a number a byte and one more, three bytes for a list or a map, one for each
of its elements.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Item = Mapping[str, Any]


def item_bytes(item: Item) -> int:
    """The size of an item in its wire form, `{"name": {"S": "value"}, …}`."""
    return sum(_text(name) + value_bytes(value) for name, value in item.items())


def value_bytes(value: Mapping[str, Any]) -> int:
    """The size of one attribute's value."""
    ((form, held),) = value.items()
    if form == "S":
        return _text(held)
    if form == "N":
        return (len(held.lstrip("-0").replace(".", "")) + 1) // 2 + 1
    if form == "M":
        return 3 + sum(_text(name) + 1 + value_bytes(entry) for name, entry in held.items())
    if form == "L":
        return 3 + sum(1 + value_bytes(entry) for entry in held)
    if form in ("SS", "NS", "BS"):
        return sum(value_bytes({form[0]: entry}) for entry in held)
    return len(held) if form == "B" else 1  # BOOL, NULL


def _text(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())
