"""The API behind a socket, as clients meet it: API Gateway played, the function's own code behind.

A bearer token is its user's name here, and every answer is held against the API's document.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from made.calls import Api
from made.loopback import answering


@dataclass
class Served:
    """Where it is, what it was asked, and how many of the next calls it fails with which status."""

    url: str = ""
    calls: list[str] = field(default_factory=list)
    failing: list[int] = field(default_factory=list)


@contextmanager
def served(api: Api) -> Iterator[Served]:
    """Serve the API on the loopback."""
    made = Served()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_call(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(size).decode()
            made.calls.append(f"{self.command} {self.path}")
            told = {"Content-Type": "application/json"}
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            if made.failing:
                status, text = made.failing.pop(0), '{"message": "Not now"}'
            elif not token:
                status, text = 401, '{"message": "Unauthorized"}'
            else:
                claims = {"sub": token}
                given = {name.lower(): value for name, value in self.headers.items()}
                answer = api(self.command, self.path, body=body, claims=claims, headers=given)
                status, text, told = answer.status, answer.text, dict(answer.headers)
            encoded = text.encode()
            self.send_response(status)
            for name, value in told.items():
                if name != "content-length":
                    self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(encoded)))
            self.end_headers()
            self.wfile.write(encoded)

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_call

        def log_message(self, *_: object) -> None:
            return None

    with answering(Handler) as made.url:
        yield made
