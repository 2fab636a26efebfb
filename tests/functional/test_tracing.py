"""One upload is one trace: the header arrives at every next function, and X-Ray hears of each."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from made.flow import Flow
from made.pictures import jpeg

from mediamill.aws.clients import client
from mediamill.aws.messages import Delivery
from mediamill.aws.observe import queue_handler
from mediamill.aws.trace import begun, current
from mediamill.settings import Tracing

INVOCATION = "Root=1-65a4f000-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=1"
LINEAGE = "1:a87bd80c:1"
UPLOADERS = "Root=1-65a4f001-fedcba9876543210fedcba98;Parent=0011223344556677;Sampled=1"

Work = Callable[[Delivery, Any], None]


@dataclass
class Wire:
    """What goes over the wire: the trace header of each message sent, and what X-Ray is told."""

    daemon: socket.socket
    sent: list[str] = field(default_factory=list)

    def note(self, request: Any, **_: Any) -> None:
        header = request.headers.get("X-Amzn-Trace-Id", "")
        self.sent.append(header.decode() if isinstance(header, bytes) else header)

    def run(self, work: Work, message: Delivery, header: str = "") -> list[str]:
        """A function as Lambda runs it, on a message that has the header as SQS hands it over.

        The headers of the messages that it sent.
        """
        attributes = {"ApproximateReceiveCount": "1"}
        if header:
            attributes["AWSTraceHeader"] = header
        record = {
            "messageId": message.message_id,
            "body": json.dumps(message.body),
            "attributes": attributes,
            "eventSource": "aws:sqs",
        }
        context = SimpleNamespace(
            get_remaining_time_in_millis=lambda: 60_000,
            aws_request_id="1", function_name="f", memory_limit_in_mb=512,
            invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:f",
        )  # fmt: skip
        self.sent.clear()
        answer = queue_handler(work)({"Records": [record]}, context)  # type: ignore[arg-type]
        assert answer == {"batchItemFailures": []}
        return list(self.sent)

    def segments(self) -> list[Mapping[str, Any]]:
        """The documents that X-Ray's daemon got, in their order."""
        found: list[Mapping[str, Any]] = []
        while True:
            try:
                prolog, _, document = self.daemon.recv(65_536).partition(b"\n")
            except BlockingIOError:
                return found
            assert json.loads(prolog) == {"format": "json", "version": 1}
            found.append(json.loads(document))


@pytest.fixture
def wire(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.bind(("127.0.0.1", 0))
        daemon.setblocking(False)
        host, port = daemon.getsockname()
        monkeypatch.setenv("AWS_XRAY_DAEMON_ADDRESS", f"{host}:{port}")
        monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "f")  # so that botocore adds its own header
        monkeypatch.setenv("_X_AMZN_TRACE_ID", f"{INVOCATION};Lineage={LINEAGE}")
        monkeypatch.setenv("TRACED", "true")
        wire = Wire(daemon)
        client("sns").meta.events.register("before-send.sns.Publish", wire.note)
        client("sqs").meta.events.register("before-send.sqs.SendMessage", wire.note)
        yield wire


def whole(flow: Flow, wire: Wire, uploaders: str = "") -> list[str]:
    """One upload from the event to the announcement; the header of each message on the way."""
    way = wire.run(flow.intake().handle, flow.upload("a.jpg", jpeg(), "01"), uploaders)
    (told,) = flow.told()
    for step in ("image", "metadata"):
        way += wire.run(flow.worker(step, lambda _: {}).handle, told, way[0])
    (handed,) = flow.hand_overs()
    return way + wire.run(flow.finish().handle, handed, way[-1])


def parts(header: str) -> dict[str, str]:
    return dict(re.findall(r"(\w+)=([^;]+)", header))


def test_every_message_of_an_upload_belongs_to_one_trace(flow: Flow, wire: Wire) -> None:
    way = whole(flow, wire)
    assert len(way) == 3  # to the workers, to the manifest, to whoever listens
    assert len({parts(header)["Root"] for header in way}) == 1
    segments = wire.segments()
    assert {segment["trace_id"] for segment in segments} == {parts(way[0])["Root"]}
    ingest, image, metadata, manifest = segments
    assert "parent_id" not in ingest
    assert image["parent_id"] == metadata["parent_id"] == ingest["id"] == parts(way[0])["Parent"]
    assert manifest["parent_id"] == metadata["id"]  # which closed the last step
    assert parts(way[-1])["Parent"] == manifest["id"]


def test_each_segment_says_whose_it_is_and_how_long_it_took(flow: Flow, wire: Wire) -> None:
    whole(flow, wire)
    asset_id = flow.record("a.jpg").asset.asset_id
    for segment in wire.segments()[1:]:
        assert segment["annotations"] == {"asset_id": asset_id}
        assert 0 <= segment["end_time"] - segment["start_time"] < 60
        assert re.fullmatch("[0-9a-f]{16}", segment["id"])
        assert re.fullmatch("1-[0-9a-f]{8}-[0-9a-f]{24}", segment["trace_id"])


def test_an_uploader_s_own_trace_goes_on(flow: Flow, wire: Wire) -> None:
    way = whole(flow, wire, UPLOADERS)
    assert {parts(header)["Root"] for header in way} == {parts(UPLOADERS)["Root"]}
    assert wire.segments()[0]["parent_id"] == parts(UPLOADERS)["Parent"]


def test_two_uploads_in_one_batch_are_two_traces(flow: Flow, wire: Wire) -> None:
    roots = {
        parts(header)["Root"]
        for key in ("a.jpg", "b.jpg")
        for header in wire.run(flow.intake().handle, flow.upload(key, jpeg(), "01"))
    }
    assert len(roots) == 2
    assert parts(INVOCATION)["Root"] not in roots


def test_lambda_s_count_of_who_called_whom_goes_along(flow: Flow, wire: Wire) -> None:
    assert {parts(header)["Lineage"] for header in whole(flow, wire)} == {LINEAGE}


def test_what_is_not_sampled_is_carried_and_not_told(flow: Flow, wire: Wire) -> None:
    way = whole(flow, wire, UPLOADERS.replace("Sampled=1", "Sampled=0"))
    assert {parts(header)["Sampled"] for header in way} == {"0"}
    assert wire.segments() == []


def test_nothing_is_told_where_tracing_is_off(
    flow: Flow, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACED", "false")
    assert len(whole(flow, wire)) == 3
    assert wire.segments() == []


@pytest.mark.filterwarnings("ignore:No application metrics to publish")
def test_a_try_that_fails_is_a_fault_of_its_trace(flow: Flow, wire: Wire) -> None:
    def fails(message: Delivery, context: Any) -> None:
        raise ConnectionError("the network is gone")

    with pytest.raises(Exception, match="All records failed"):
        wire.run(fails, flow.upload("a.jpg", jpeg(), "01"))
    (segment,) = wire.segments()
    assert segment["fault"] is True
    assert segment["annotations"]["error"] == "ConnectionError"
    assert current() is None


@pytest.mark.parametrize(
    "header",
    [
        *("", "nonsense", "Parent=1;Sampled=1", "Root=;Sampled=?"),
        "Root=1-65a4f001-fedcba9876543210fedcba98\r\nX: y;Parent=0011223344556677;Sampled=0",
        "Root=of-my-own;Parent=0011223344556677;Sampled=0",
    ],
)
def test_a_header_that_says_no_trace_begins_one(header: str) -> None:
    segment = begun(header, INVOCATION)
    assert re.fullmatch("1-[0-9a-f]{8}-[0-9a-f]{24}", segment.root)
    assert segment.parent is None
    assert segment.sampled


def test_there_is_no_daemon_where_lambda_names_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACED", "true")
    monkeypatch.delenv("AWS_XRAY_DAEMON_ADDRESS", raising=False)
    assert Tracing.now().daemon is None
