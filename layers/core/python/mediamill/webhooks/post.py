"""One POST to a receiver: resolved once, every address looked at, bounded in time and bytes.

The connection goes to an address that was looked at, while TLS and the Host header go by the name:
so a name that resolves otherwise a moment later gains nothing. Redirects are answers like any
other, and no proxy of the environment is asked.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from http.client import HTTPConnection, HTTPException

from mediamill.domain.bounded import deadline
from mediamill.domain.errors import TimedOut
from mediamill.domain.webhooks.receiver import BadReceiver, Receiver

SECONDS = 10.0
"""What a call may take from its first packet to the last, as most senders of webhooks have it."""

_CONNECT_SECONDS = 3.0
_ANSWER_BYTES = 4096  # what a log line may show; the rest is never read


class Unreachable(Exception):
    """No answer came; the message says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver said. `text` is the beginning of its body; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    text: str
    seconds: float

    @property
    def is_taken(self) -> bool:
        """Whether the receiver has the message: any status of success."""
        return 200 <= self.status < 300


def post(
    receiver: Receiver, body: bytes, headers: Mapping[str, str], *, seconds: float = SECONDS
) -> Answer:
    """Send a message. Raises Unreachable, and BadReceiver where the name leads to no open place."""
    started = time.monotonic()
    try:
        with deadline(seconds):
            connection = _connected(receiver, addresses(receiver), seconds)
            try:
                connection.request(
                    "POST",
                    receiver.target,
                    body,
                    {
                        "Host": receiver.authority,
                        "Content-Type": "application/json",
                        "User-Agent": "mediamill-webhooks",
                        **headers,
                    },
                )
                response = connection.getresponse()
                text = response.read(_ANSWER_BYTES).decode(errors="replace")
                told = {name.lower(): value for name, value in response.getheaders()}
                return Answer(response.status, told, text, time.monotonic() - started)
            finally:
                connection.close()
    except TimedOut as error:
        raise Unreachable(f"No answer within {seconds:.0f} s.") from error
    except (OSError, HTTPException) as error:
        raise Unreachable(_reason(error)) from error


def addresses(receiver: Receiver) -> Sequence[str]:
    """Every address of the receiver's host, all of which may be called.

    Raises BadReceiver if only one may not: a name with such a one is not to be trusted.
    """
    found = socket.getaddrinfo(receiver.host, receiver.port, type=socket.SOCK_STREAM)
    each = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    closed = [address for address in each if not receiver.may_be_called(address)]
    if closed or not each:
        where = closed[0] if closed else "nothing"
        raise BadReceiver(f"{receiver.host} is {where}, which is not in the open internet.")
    return each


def _connected(receiver: Receiver, reachable: Sequence[str], seconds: float) -> _Pinned:
    """A connection to the first address that answers."""
    failed: OSError | None = None
    for address in reachable:
        connection = _Pinned(receiver, address, seconds)
        try:
            connection.connect()
        except OSError as error:
            connection.close()
            failed = error
        else:
            return connection
    raise failed or OSError("no address")


class _Pinned(HTTPConnection):
    """A connection to one address; its certificate has to be the name's."""

    def __init__(self, receiver: Receiver, address: str, seconds: float) -> None:
        super().__init__(receiver.host, receiver.port, timeout=seconds)
        self._receiver = receiver
        self._address = address

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self._receiver.port), _CONNECT_SECONDS)
        try:
            plain.settimeout(self.timeout)
            self.sock = (
                _tls().wrap_socket(plain, server_hostname=self._receiver.host)
                if self._receiver.is_tls
                else plain
            )
        except BaseException:
            plain.close()
            raise


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _reason(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return "Its name resolves to nothing."
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"Its certificate is not good: {error.verify_message}."
    if isinstance(error, TimeoutError):
        return "It does not answer."
    return f"{type(error).__name__}: {error}"[:200]
