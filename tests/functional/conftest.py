"""A real S3, SNS, SQS and DynamoDB on a loopback port, and the parts of the flow called by hand.

No Lambda is deployed here: a test decides who runs when, which is how races are made to happen.
What AWS refuses and the emulator takes (long metadata, large messages …) is refused here too.
And a real LibreOffice, where there is one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from made.flow import Flow
from made.libreoffice import warm_careless
from made.loopback import emulator
from made.refusals import guard

from mediamill.aws import clients
from mediamill.domain.office.conversion import Office, locate, warm

_number = itertools.count(1)


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an emulator of this session's own."""
    with emulator(tmp_path_factory.mktemp("flow")) as running:
        yield running.endpoint


@pytest.fixture
def flow(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flow]:
    """Fresh buckets, topics, queues and a table, and the settings that name them."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    clients._made.cache_clear()
    clients._session.cache_clear()
    guard(clients._session())
    yield Flow.make(next(_number))
    clients._made.cache_clear()
    clients._session.cache_clear()


@pytest.fixture
def context() -> Any:
    """A Lambda context with a minute left."""
    return SimpleNamespace(get_remaining_time_in_millis=lambda: 60_000)


@pytest.fixture(scope="session")
def program() -> Path:
    """The installed LibreOffice; tests that want one are skipped where there is none."""
    found = locate()
    if found is None:
        pytest.skip("LibreOffice is not here")
    return found


@pytest.fixture(scope="session")
def office(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Office:
    """LibreOffice as mediamill sets it up."""
    return warm(program, tmp_path_factory.mktemp("office") / "profile")


@pytest.fixture(scope="session")
def careless(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Office:
    """LibreOffice as a careless admin sets it up."""
    return warm_careless(program, tmp_path_factory.mktemp("careless") / "profile")
