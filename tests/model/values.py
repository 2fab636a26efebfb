"""Attribute values of DynamoDB in their wire form: `{"S": "text"}`, `{"N": "1"}`, `{"M": {…}}`."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow
from operator import ge, gt, le, lt
from typing import Any

Value = Mapping[str, Any]

# Amazon DynamoDB Developer Guide, "Supported data types": up to 38 digits of precision.
_NUMBERS = Context(prec=38, traps=[Inexact, Overflow, InvalidOperation])
_ORDERS = {"<": lt, "<=": le, ">": gt, ">=": ge}
_SETS = ("SS", "NS", "BS")


def number(text: str) -> str:
    """A number as DynamoDB writes it: no leading or trailing zeros. Raises ArithmeticError."""
    if text.isdigit() and (text[0] != "0" or text == "0"):
        return text
    plain = _NUMBERS.create_decimal(text).normalize(_NUMBERS)
    return f"{plain:f}"


def sortable(value: Value) -> Any:
    """What values of one type are ordered by: strings by their bytes, numbers as numbers."""
    ((form, held),) = value.items()
    if form == "N":
        return Decimal(held)
    return held.encode() if form == "S" else held


def equal(left: Value | None, right: Value | None) -> bool:
    """Whether two values are the same; what is not there equals nothing."""
    if left is None or right is None:
        return False
    if left == right:
        return True
    ((form, one),) = left.items()
    ((other_form, other),) = right.items()
    if form != other_form:
        return False
    if form == "N":
        return Decimal(one) == Decimal(other)
    if form in _SETS:
        return set(one) == set(other)
    if form == "L":
        return len(one) == len(other) and all(map(equal, one, other))
    if form == "M":
        return one.keys() == other.keys() and all(equal(one[name], other[name]) for name in one)
    return False


def compared(word: str, left: Value | None, right: Value | None) -> bool:
    """A comparison; an attribute that is not there is unequal, and neither less nor greater."""
    if word == "=":
        return equal(left, right)
    if word == "<>":
        return not equal(left, right)
    if left is None or right is None:
        return False
    (form,) = left
    if form not in right or form not in ("S", "N", "B"):
        return False
    return bool(_ORDERS[word](sortable(left), sortable(right)))


def contains(whole: Value | None, part: Value | None) -> bool:
    """Whether a string has a substring, or a set or list an element."""
    if whole is None or part is None:
        return False
    ((form, held),) = whole.items()
    ((part_form, wanted),) = part.items()
    if form in _SETS:
        return form[0] == part_form and wanted in held
    if form == "L":
        return any(equal(entry, part) for entry in held)
    return form == part_form == "S" and wanted in held


def size_of(value: Value | None) -> Value | None:
    """What `size` says: characters, bytes or elements; None for what has no size."""
    if value is None:
        return None
    ((form, held),) = value.items()
    return {"N": str(len(held))} if form in ("S", "B", "L", "M", *_SETS) else None


def plus(left: Value | None, right: Value | None, sign: int) -> Value | None:
    """The sum or difference of two numbers; None where one is none."""
    if left is None or right is None or "N" not in left or "N" not in right:
        return None
    total = _NUMBERS.add(Decimal(left["N"]), sign * Decimal(right["N"]))
    return {"N": number(f"{total:f}")}


def normal(value: Value) -> Value:
    """A value as the table keeps it. Raises ValueError for what DynamoDB does not take."""
    if len(value) != 1:
        raise ValueError("Supplied AttributeValue must contain exactly one of the supported types")
    ((form, held),) = value.items()
    if form == "N":
        plain = number(held)
        return value if plain == held else {"N": plain}
    if form == "M":
        return {"M": {name: normal(entry) for name, entry in held.items()}}
    if form == "L":
        return {"L": [normal(entry) for entry in held]}
    if form in _SETS:
        if not held:
            raise ValueError("One or more parameter values were invalid: An set may not be empty")
        kept = [number(entry) for entry in held] if form == "NS" else list(held)
        if len(set(kept)) < len(kept):
            raise ValueError("One or more parameter values were invalid: Input has duplicates")
        return {form: kept}
    return value


def depth(value: Value) -> int:
    """How many levels a value has."""
    ((form, held),) = value.items()
    if form == "M":
        return 1 + max(map(depth, held.values()), default=0)
    if form == "L":
        return 1 + max(map(depth, held), default=0)
    return 1
