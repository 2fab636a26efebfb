"""What an update makes of an item: every operand from the item as it was, then every change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model.expressions import Action, Invalid, Path, Scope, overlapping
from model.values import Value, plus

Item = dict[str, Value]
_GONE = object()


def changed(scope: Scope, actions: tuple[Action, ...]) -> tuple[Item, list[Path]]:
    """The item after an update, and the paths that it touched. The old item stays as it is."""
    paths = [scope.path(action.path) for action in actions]
    clash = overlapping(paths)
    if clash is not None:
        raise Invalid(f"Invalid UpdateExpression: Two document paths overlap; paths: {clash}")
    puts: list[tuple[Path, Any]] = []
    removals: list[Path] = []
    for action, path in zip(actions, paths, strict=True):
        if action.word == "REMOVE":
            removals.append(path)
            continue
        assert action.operand is not None
        given = action.operand(scope)
        if action.word == "SET":
            puts.append((path, given))
        else:
            held = _added if action.word == "ADD" else _deleted
            puts.append((path, held(scope.get(action.path), given)))
    after: Any = {"M": dict(scope.item)}
    for path, value in puts:
        if value is _GONE:
            removals.append(path)
        else:
            after = _placed(after, path, value)
    # Positions in a list are those before the update: so the last go first.
    for path in sorted(removals, key=lambda path: [_rank(part) for part in path], reverse=True):
        after = _placed(after, path, _GONE)
    return after["M"], paths


def touched(item: Mapping[str, Value], paths: list[Path]) -> Item:
    """The part of an item at some paths, as UPDATED_NEW and UPDATED_OLD give it."""
    found: Item = {}
    scope = Scope(item, {}, {})
    for path in paths:
        value: Any = scope.get(path)
        if value is None:
            continue
        for part in reversed(path[1:]):
            value = {"L": [value]} if isinstance(part, int) else {"M": {part: value}}
        found[str(path[0])] = _merged(found.get(str(path[0])), value)
    return found


def _placed(value: Any, path: Path, put: Any) -> Any:
    """A value with another one in it, or with one taken out; only the way there is copied."""
    if not path:
        return put
    part, rest = path[0], path[1:]
    if isinstance(part, int):
        return _placed_in_list(value, part, rest, put)
    if "M" not in value:
        raise _no_way()
    held = value["M"]
    if not rest and put is _GONE:
        return {"M": {name: entry for name, entry in held.items() if name != part}}
    if rest and part not in held:
        raise _no_way()
    return {"M": {**held, part: _placed(held.get(part), rest, put)}}


def _placed_in_list(value: Any, at: int, rest: Path, put: Any) -> Any:
    if "L" not in value:
        raise _no_way()
    held = list(value["L"])
    if not rest and put is _GONE:
        return {"L": held[:at] + held[at + 1 :]}
    if at < len(held):
        held[at] = _placed(held[at], rest, put)
    elif rest:
        raise _no_way()
    else:
        held.append(put)  # past the end is at the end
    return {"L": held}


def _added(old: Value | None, given: Value | None) -> Any:
    if given is None or not {"N", "SS", "NS", "BS"} & given.keys():
        raise Invalid("Invalid UpdateExpression: Incorrect operand type for operator ADD")
    if old is None:
        return given
    ((form, held),) = given.items()
    if form not in old:
        raise Invalid("An operand in the update expression has an incorrect data type")
    return plus(old, given, 1) if form == "N" else {form: list(dict.fromkeys([*old[form], *held]))}


def _deleted(old: Value | None, given: Value | None) -> Any:
    if given is None or not {"SS", "NS", "BS"} & given.keys():
        raise Invalid("Invalid UpdateExpression: Incorrect operand type for operator DELETE")
    if old is None:
        return _GONE
    ((form, held),) = given.items()
    if form not in old:
        raise Invalid("An operand in the update expression has an incorrect data type")
    rest = [entry for entry in old[form] if entry not in held]
    return {form: rest} if rest else _GONE


def _merged(old: Any, new: Any) -> Any:
    if old is None or "M" not in old or "M" not in new:
        return new
    return {"M": {**old["M"], **{k: _merged(old["M"].get(k), v) for k, v in new["M"].items()}}}


def _rank(part: str | int) -> tuple[int, str]:
    return (part, "") if isinstance(part, int) else (-1, part)


def _no_way() -> Invalid:
    return Invalid("The document path provided in the update expression is invalid for update")
