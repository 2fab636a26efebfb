"""DynamoDB's expression language, parsed once and kept: conditions, updates, key conditions.

    condition   a = :v AND (NOT begins_with(#b, :p) OR size(c.d[0]) BETWEEN :x AND :y)
    update      SET a.b = if_not_exists(a.b, :zero) + :one REMOVE c ADD d :n DELETE e :set

A parsed expression is a tree of functions of a `Scope`. What DynamoDB refuses before it looks at an
item (unknown and unused placeholders, reserved words, overlapping paths) is refused here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Any

from model.reserved import RESERVED
from model.values import Value, compared, contains, equal, plus, size_of

_TOKEN = re.compile(r"\s*(:\w+|#\w+|[A-Za-z_]\w*|\d+|<=|>=|<>|[=<>(),.\[\]+-])")

Path = tuple[str | int, ...]
Item = Mapping[str, Value]


class Invalid(Exception):
    """An expression that DynamoDB refuses; the message is that of its ValidationException."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression is evaluated against."""

    item: Item
    names: Mapping[str, str]
    values: Mapping[str, Value]

    def path(self, path: Path) -> Path:
        """A path with its placeholders replaced."""
        if not self.names:
            return path
        return tuple(
            self.names[part] if isinstance(part, str) and part[0] == "#" else part for part in path
        )

    def get(self, path: Path) -> Value | None:
        """What stands at a path, or None."""
        found: Any = {"M": self.item}
        for part in self.path(path):
            if isinstance(part, int):
                held = found.get("L", ())
                found = held[part] if part < len(held) else None
            else:
                found = found.get("M", {}).get(part)
            if found is None:
                return None
        return found  # type: ignore[no-any-return]


Test = Callable[[Scope], bool]
Operand = Callable[[Scope], Value | None]


@dataclass(frozen=True, slots=True)
class Action:
    """One change of an update: `word` is SET, REMOVE, ADD or DELETE."""

    word: str
    path: Path
    operand: Operand | None


@dataclass(slots=True)
class Parsed:
    """A parsed expression, with the placeholders that it names."""

    test: Test | None = None
    actions: tuple[Action, ...] = ()
    names: set[str] = field(default_factory=set)
    values: set[str] = field(default_factory=set)
    paths: tuple[Path, ...] = ()


@lru_cache(4096)
def condition(text: str) -> Parsed:
    """A condition, a filter or a key condition."""
    parser = _Parser(text)
    test = parser.either()
    parser.end()
    return Parsed(test, names=parser.names, values=parser.values)


@lru_cache(4096)
def update(text: str) -> Parsed:
    """An update expression."""
    parser = _Parser(text)
    actions: list[Action] = []
    seen: set[str] = set()
    while parser.next is not None:
        word = (parser.take() or "").upper()
        if word not in ("SET", "REMOVE", "ADD", "DELETE") or word in seen:
            raise Invalid(f"Invalid UpdateExpression: Syntax error; token: {word!r}")
        seen.add(word)
        actions.append(parser.action(word))
        while parser.next == ",":
            parser.take()
            actions.append(parser.action(word))
    return Parsed(actions=tuple(actions), names=parser.names, values=parser.values)


@lru_cache(1024)
def projection(text: str) -> Parsed:
    """The paths of a projection expression."""
    parser = _Parser(text)
    paths = [parser.path()]
    while parser.next == ",":
        parser.take()
        paths.append(parser.path())
    parser.end()
    return Parsed(names=parser.names, paths=tuple(paths))


class _Parser:
    """Recursive descent over the tokens of one expression."""

    def __init__(self, text: str) -> None:
        self._tokens: list[str] = []
        self.names: set[str] = set()
        self.values: set[str] = set()
        at = 0
        text = text.rstrip()
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                raise Invalid(f"Invalid expression: Syntax error; near: {text[at:]!r}")
            self._tokens.append(match.group(1))
            at = match.end()
        if not self._tokens:
            raise Invalid("Invalid expression: The expression can not be empty;")
        self._at = 0

    @property
    def next(self) -> str | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def take(self, wanted: str | None = None) -> str:
        token = self.next
        if token is None or (wanted is not None and token.upper() != wanted):
            raise Invalid(f"Invalid expression: Syntax error; token: {token!r}")
        self._at += 1
        return token

    def end(self) -> None:
        if self.next is not None:
            raise Invalid(f"Invalid expression: Syntax error; token: {self.next!r}")

    def _is(self, word: str) -> bool:
        return self.next is not None and self.next.upper() == word

    # ── conditions ───────────────────────────────────────────────────────────────────────────────

    def either(self) -> Test:
        tests = [self._all()]
        while self._is("OR"):
            self.take()
            tests.append(self._all())
        return tests[0] if len(tests) == 1 else lambda scope: any(test(scope) for test in tests)

    def _all(self) -> Test:
        tests = [self._inverted()]
        while self._is("AND"):
            self.take()
            tests.append(self._inverted())
        return tests[0] if len(tests) == 1 else lambda scope: all(test(scope) for test in tests)

    def _inverted(self) -> Test:
        if self._is("NOT"):
            self.take()
            test = self._inverted()
            return lambda scope: not test(scope)
        if self.next == "(":
            self.take()
            test = self.either()
            self.take(")")
            return test
        return self._comparison()

    def _comparison(self) -> Test:
        if self._calls() and (self.next or "") in _FUNCTIONS:
            return self._function()
        left = self._operand()
        word = self.take().upper()
        if word == "BETWEEN":
            low = self._operand()
            self.take("AND")
            high = self._operand()
            return lambda scope: (
                compared(">=", left(scope), low(scope)) and compared("<=", left(scope), high(scope))
            )
        if word == "IN":
            self.take("(")
            choices = [self._operand()]
            while self.next == ",":
                self.take()
                choices.append(self._operand())
            self.take(")")
            return lambda scope: any(equal(left(scope), choice(scope)) for choice in choices)
        if word not in ("=", "<>", "<", "<=", ">", ">="):
            raise Invalid(f"Invalid expression: Syntax error; token: {word!r}")
        right = self._operand()
        return lambda scope: compared(word, left(scope), right(scope))

    def _function(self) -> Test:
        name = self.take()
        self.take("(")
        path = self.path()
        if name in ("attribute_exists", "attribute_not_exists"):
            self.take(")")
            exists = name == "attribute_exists"
            return lambda scope: (scope.get(path) is not None) is exists
        self.take(",")
        operand = self._operand()
        self.take(")")
        check = _FUNCTIONS[name]
        return lambda scope: check(scope.get(path), operand(scope))

    def _operand(self) -> Operand:
        token = self.next or ""
        if token.startswith(":"):
            self.take()
            self.values.add(token)
            return lambda scope: scope.values[token]
        if token == "size" and self._calls():
            self.take()
            self.take("(")
            path = self.path()
            self.take(")")
            return lambda scope: size_of(scope.get(path))
        path = self.path()
        return lambda scope: scope.get(path)

    def _calls(self) -> bool:
        return self._tokens[self._at + 1 : self._at + 2] == ["("]

    # ── updates ──────────────────────────────────────────────────────────────────────────────────

    def action(self, word: str) -> Action:
        path = self.path()
        if word == "REMOVE":
            return Action(word, path, None)
        if word != "SET":
            return Action(word, path, self._operand())
        self.take("=")
        first = self._source()
        if self.next not in ("+", "-"):
            return Action(word, path, first)
        sign = 1 if self.take() == "+" else -1
        second = self._source()

        def summed(scope: Scope) -> Value:
            total = plus(first(scope), second(scope), sign)
            if total is None:
                raise Invalid("An operand in the update expression has an incorrect data type")
            return total

        return Action(word, path, summed)

    def _source(self) -> Operand:
        if self.next == "if_not_exists" and self._calls():
            self.take()
            self.take("(")
            path = self.path()
            self.take(",")
            otherwise = self._source()
            self.take(")")
            return lambda scope: scope.get(path) or otherwise(scope)
        if self.next == "list_append" and self._calls():
            self.take()
            self.take("(")
            head = self._source()
            self.take(",")
            tail = self._source()
            self.take(")")
            return lambda scope: {"L": [*_list(head(scope)), *_list(tail(scope))]}
        operand = self._operand()

        def needed(scope: Scope) -> Value:
            value = operand(scope)
            if value is None:
                raise Invalid(
                    "The provided expression refers to an attribute that does not exist in the item"
                )
            return value

        return needed

    # ── paths ────────────────────────────────────────────────────────────────────────────────────

    def path(self) -> Path:
        parts: list[str | int] = [self._name()]
        while self.next in (".", "["):
            if self.take() == ".":
                parts.append(self._name())
            else:
                parts.append(int(self.take()))
                self.take("]")
        return tuple(parts)

    def _name(self) -> str:
        token = self.take()
        if token.startswith("#"):
            self.names.add(token)
        elif not (token[0].isalpha() or token[0] == "_"):
            raise Invalid(f"Invalid expression: Syntax error; token: {token!r}")
        elif token.upper() in RESERVED:
            raise Invalid(
                f"Invalid expression: Attribute name is a reserved keyword; keyword: {token}"
            )
        return token


def _list(value: Value | None) -> list[Value]:
    if value is None or "L" not in value:
        raise Invalid("An operand in the update expression has an incorrect data type")
    held: list[Value] = value["L"]
    return held


def _begins(value: Value | None, start: Value | None) -> bool:
    if value is None or start is None or "S" not in value or "S" not in start:
        return False
    return bool(value["S"].startswith(start["S"]))


def _has_type(value: Value | None, form: Value | None) -> bool:
    return value is not None and form is not None and form.get("S") in value


_FUNCTIONS: Mapping[str, Callable[[Value | None, Value | None], bool]] = {
    "attribute_exists": lambda value, _: value is not None,
    "attribute_not_exists": lambda value, _: value is None,
    "attribute_type": _has_type,
    "begins_with": _begins,
    "contains": contains,
}


def overlapping(paths: list[Path]) -> tuple[Path, Path] | None:
    """Two paths of which one is the other's beginning, if there are any."""
    ordered = sorted(paths, key=lambda path: [str(part) for part in path])
    for first, second in pairwise(ordered):
        if second[: len(first)] == first:
            return first, second
    return None
