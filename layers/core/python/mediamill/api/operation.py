"""What the API can be asked: one table, to route by and to publish as OpenAPI."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mediamill.api.call import Answer, Call
from mediamill.api.models import Ask, NoQuery, Query
from mediamill.api.problem import Problem

Do = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: its method and path, what it takes, what it answers with, and who does it.

    `path` has variables in braces; the last one takes slashes too, as keys have them. `answers`
    are the successes by status: a sentence, and the class of the body or None. `problems` are the
    failures beside those that any call can end with. `takes_headers` are those that it reads.
    """

    name: str
    method: str
    path: str
    summary: str
    do: Do
    query: type[Query] = NoQuery
    body: type[Ask] | None = None
    answers: Mapping[int, tuple[str, Any]] = field(default_factory=dict)
    problems: tuple[type[Problem], ...] = ()
    takes_headers: Mapping[str, str] = field(default_factory=dict)
