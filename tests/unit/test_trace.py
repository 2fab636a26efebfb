"""What is put on Lambda's X-Ray trace."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from mediamill.aws.trace import annotate, traced
from mediamill.settings import Tracing, trace_settings

HEADER = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a:0"


@pytest.fixture
def loopback() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(2)
        yield listening


@pytest.fixture
def sampled(loopback: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    host, port = loopback.getsockname()
    monkeypatch.setenv("AWS_XRAY_DAEMON_ADDRESS", f"{host}:{port}")
    monkeypatch.setenv("_X_AMZN_TRACE_ID", HEADER)


def received(loopback: socket.socket) -> Any:
    header, _, body = loopback.recv(65_536).partition(b"\n")
    assert json.loads(header) == {"format": "json", "version": 1}
    return json.loads(body)


@pytest.mark.usefixtures("sampled")
def test_a_block_is_a_subsegment_of_lambdas_own(loopback: socket.socket) -> None:
    with traced("messages"):
        annotate("asset_id", "0f1e")
    sent = received(loopback)
    assert sent["trace_id"] == "1-5759e988-bd862e3fe1be46a994272793"
    assert sent["parent_id"] == "53995c3f42cd8ad8"
    assert sent["name"] == "messages"
    assert sent["annotations"] == {"asset_id": "0f1e"}
    assert sent["start_time"] <= sent["end_time"]
    assert sent["fault"] is False
    assert len(sent["id"]) == 16


@pytest.mark.usefixtures("sampled")
def test_a_failure_is_told_and_passed_on(loopback: socket.socket) -> None:
    with pytest.raises(ValueError, match="broken"), traced("messages"):
        raise ValueError("broken")
    assert received(loopback)["fault"] is True


@pytest.mark.usefixtures("sampled")
def test_annotations_do_not_outlive_their_block(loopback: socket.socket) -> None:
    with traced("messages"):
        annotate("asset_id", "0f1e")
    received(loopback)
    with traced("messages"):
        pass
    assert received(loopback)["annotations"] == {}


def test_the_header_and_the_daemon_are_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_XRAY_DAEMON_ADDRESS", "169.254.79.129:2000")
    monkeypatch.setenv("_X_AMZN_TRACE_ID", HEADER)
    assert trace_settings() == Tracing(
        ("169.254.79.129", 2000), "1-5759e988-bd862e3fe1be46a994272793", "53995c3f42cd8ad8"
    )


@pytest.mark.parametrize(
    ("address", "header"),
    [
        ("", HEADER),
        ("169.254.79.129", HEADER),
        ("169.254.79.129:2000", ""),
        ("169.254.79.129:2000", HEADER.replace("Sampled=1", "Sampled=0")),
        ("169.254.79.129:2000", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"),
    ],
)
def test_what_is_not_traced_sends_nothing(
    address: str, header: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_XRAY_DAEMON_ADDRESS", address)
    monkeypatch.setenv("_X_AMZN_TRACE_ID", header)
    assert trace_settings() is None
    with traced("messages"):  # no socket is allowed here: one that was opened would raise
        pass
