"""Signatures of webhooks as Standard Webhooks has them (standardwebhooks.com, version 1.0.0).

HMAC-SHA256 over id, time and body. With several secrets there are several signatures, so that a
receiver can change to a new one while another has not.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any

PREFIX = "whsec_"
_LEAST, _MOST = 24, 64  # bytes of a secret, by the specification


class BadSecret(ValueError):
    """A text that is no secret of Standard Webhooks; the message does not have it in it."""


def key_of(secret: str) -> bytes:
    """The bytes of a secret: base64 after `whsec_`, else the text's own. Raises BadSecret."""
    text = secret.strip()
    is_encoded = text.startswith(PREFIX)
    try:
        key = base64.b64decode(text[len(PREFIX) :], validate=True) if is_encoded else text.encode()
    except binascii.Error as error:
        raise BadSecret("The secret of webhooks is no base64.") from error
    if not _LEAST <= len(key) <= _MOST:
        raise BadSecret(f"The secret of webhooks has {len(key)} bytes, not {_LEAST} to {_MOST}.")
    return key


def told(secret: str) -> str:
    """A secret in the form that receivers' libraries take it. Raises BadSecret."""
    return PREFIX + base64.b64encode(key_of(secret)).decode()


def headers(
    secrets: Sequence[str], message_id: str, seconds: int, body: bytes
) -> Mapping[str, str]:
    """The three headers of a message that is sent at `seconds` since 1970. Raises BadSecret."""
    signed = f"{message_id}.{seconds}.".encode() + body
    digests = [hmac.digest(key_of(secret), signed, hashlib.sha256) for secret in secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(
            f"v1,{base64.b64encode(digest).decode()}" for digest in digests
        ),
    }


def payload(completed: Mapping[str, Any]) -> bytes:
    """The body that tells of a finished asset: a message of the `completed` topic, in its frame."""
    framed = {
        "type": f"asset.{completed['status']}",
        "timestamp": completed["completed_at"],
        "data": completed,
    }
    return json.dumps(framed, separators=(",", ":")).encode()
