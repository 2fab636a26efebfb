"""The API as programs call it: over HTTP, signed, with a token, or with nothing."""

from __future__ import annotations

import base64
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from made.loopback import answering
from mediamill_cli.stack import Stack


class _Stay(urllib.request.HTTPRedirectHandler):
    """Redirects are answers: a test looks where they lead."""

    def redirect_request(self, *_: Any) -> None:
        return None


_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stay)


@dataclass(frozen=True)
class Got:
    """An answer; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def call(
    method: str, url: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> Got:
    """One call without credentials, or with those in its headers."""
    request = urllib.request.Request(url, data=body, headers=dict(headers or {}), method=method)
    try:
        answer = _direct.open(request, timeout=60)
    except urllib.error.HTTPError as refused:
        answer = refused
    with answer:
        told = {name.lower(): value for name, value in answer.headers.items()}
        return Got(answer.status, told, answer.read())


def signed(stack: Stack, method: str, path: str, *, body: Any = None) -> Got:
    """One call as the stack's session, signed as AWS has it."""
    text = b"" if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} if text else {}
    request = AWSRequest(method, stack.api + path, data=text, headers=headers)
    credentials = stack.session.get_credentials()
    assert credentials is not None
    SigV4Auth(credentials, "execute-api", stack.session.region_name).add_auth(request)
    return call(method, stack.api + path, body=text or None, headers=dict(request.headers))


class Issuer:
    """Who makes tokens: one key, and the two documents by which others find it."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.address = ""

    def token(self, **claims: Any) -> str:
        """A token that is good for an hour, unless `claims` say something else."""
        now = int(time.time())
        told = {"iss": self.address, "aud": "app", "iat": now - 5, "exp": now + 3600, **claims}
        head = {"alg": "RS256", "typ": "JWT", "kid": "one"}
        signed = ".".join(_encoded(json.dumps(part).encode()) for part in (head, told))
        seal = self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_encoded(seal)}"

    def documents(self) -> Mapping[str, Any]:
        numbers = self._key.public_key().public_numbers()
        key = {"kty": "RSA", "kid": "one", "use": "sig", "alg": "RS256"}
        key |= {"n": _number(numbers.n), "e": _number(numbers.e)}
        return {
            "/.well-known/openid-configuration": {
                "issuer": self.address,
                "jwks_uri": f"{self.address}/keys",
            },
            "/keys": {"keys": [key]},
        }


@contextmanager
def issuer() -> Iterator[Issuer]:
    """An issuer that answers on the loopback."""
    made = Issuer()

    class Documents(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(made.documents()[self.path]).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return None

    with answering(Documents) as made.address:
        yield made


def _encoded(plain: bytes) -> str:
    return base64.urlsafe_b64encode(plain).decode().rstrip("=")


def _number(value: int) -> str:
    return _encoded(value.to_bytes((value.bit_length() + 7) // 8, "big"))
