"""Links by CloudFront: the distribution's address of a result, signed unless all may read it.

A link is good for an hour, and stays the same for ten minutes, so that caches know it again. The
version in it is part of what caches go by: whatever is made again has another address, and nothing
has to be purged.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote

from botocore.signers import CloudFrontSigner

from mediamill.aws.clients import client

_VERSION_LETTERS = 16  # of a SHA-256: 64 bits


@dataclass(slots=True)
class Cdn:
    """A distribution. Without a `key_id` its addresses are open to everybody.

    `secret` is the ARN of the private key, PEM: RSA, since SHA-1 with RSA is what CloudFront takes.
    """

    domain: str
    key_id: str = ""
    secret: str = ""
    _sign: Callable[[bytes], bytes] | None = field(default=None, init=False)

    @property
    def is_open(self) -> bool:
        """Whether whoever knows a name may read."""
        return not self.key_id

    def link(self, key: str, version: str, *, seconds: int, step: int) -> str:
        """The address of a key of the results bucket, which works for `seconds` or somewhat longer.

        It is the same for `step` seconds. `version` is the SHA-256 of what is there, or "".
        """
        url = f"https://{self.domain}/{quote(key)}"
        if version:
            url += f"?v={version[:_VERSION_LETTERS]}"
        if self.is_open:
            return url
        ends = (int(time.time()) // step + 1) * step + seconds
        signer = CloudFrontSigner(self.key_id, self._signature)
        signed: str = signer.generate_presigned_url(url, datetime.fromtimestamp(ends, UTC))
        return signed

    def _signature(self, message: bytes) -> bytes:
        if self._sign is None:
            answer = client("secretsmanager").get_secret_value(SecretId=self.secret)
            self._sign = _signing(answer["SecretString"])
        return self._sign(message)


def _signing(pem: str) -> Callable[[bytes], bytes]:
    # At the first link: no start waits for what a deployment without CloudFront never needs.
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.hashes import SHA1
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError("CloudFront's links are signed with an RSA key.")
    return lambda message: key.sign(message, PKCS1v15(), SHA1())
