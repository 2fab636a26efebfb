"""The deadline against a server that does not answer: no library's patience outlives it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler

import pytest
from made.loopback import answering

from mediamill.aws import clients, storage
from mediamill.domain.asset import Source
from mediamill.domain.bounded import deadline
from mediamill.domain.errors import TimedOut
from mediamill.domain.kind import Kind

SOURCE = Source("bucket", "key", None, Kind.IMAGE, "image/jpeg", 1000, "e")


class Slow(BaseHTTPRequestHandler):
    """Answers every request with the object, two seconds later."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        time.sleep(2)
        try:
            self.send_response(206)
            self.send_header("Content-Length", "1000")
            self.send_header("Content-Range", "bytes 0-999/1000")
            self.send_header("ETag", '"e"')
            self.end_headers()
            self.wfile.write(bytes(1000))
        except OSError:
            pass  # the caller has gone

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with answering(Slow) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        clients._made.cache_clear()
        clients._session.cache_clear()
        clients.client("s3")
        yield
        clients._made.cache_clear()
        clients._session.cache_clear()


@pytest.mark.parametrize(
    "work",
    [lambda: storage.read(SOURCE, 10**6), lambda: storage.ranged(SOURCE).read(10)],
    ids=["whole", "ranged"],
)
@pytest.mark.usefixtures("slow")
def test_a_slow_answer_is_not_waited_for(work: Callable[[], bytes]) -> None:
    started = time.monotonic()
    with pytest.raises(TimedOut), deadline(1):
        work()
    assert time.monotonic() - started < 1.9
