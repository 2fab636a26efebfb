"""The AWS clients, made at their first use, once; a test replaces `client` and nothing else.

They are botocore's, which boto3's are as well: what boto3 adds to them (resources, transfers by
part) is not used here, and would be a seventh of a function's start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, overload

from botocore.config import Config
from botocore.session import Session, get_session

from mediamill.aws.trace import carry

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

# Standard retries with a short patience: the queue's retry is the long one.
_CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": 4},
    connect_timeout=3,
    read_timeout=20,
    s3={"addressing_style": "auto"},
)


@overload
def client(service: Literal["s3"]) -> S3Client: ...
@overload
def client(service: Literal["sns"]) -> SNSClient: ...
@overload
def client(service: Literal["sqs"]) -> SQSClient: ...
@overload
def client(service: Literal["dynamodb"]) -> DynamoDBClient: ...
@overload
def client(service: Literal["secretsmanager"]) -> SecretsManagerClient: ...
def client(service: str) -> Any:
    """The process's client of one AWS service."""
    lent = _lent.get()
    return _made(service) if lent is None else lent(service)


_lent: ContextVar[Callable[[str], Any] | None] = ContextVar("lent", default=None)


@contextmanager
def lending(clients: Callable[[str], Any]) -> Iterator[None]:
    """Have this thread use clients of its caller's own: of another account, region or address."""
    before = _lent.set(clients)
    try:
        yield
    finally:
        _lent.reset(before)


# Links are signed in the way that every region, and every key of KMS, takes.
_LINKS = Config(signature_version="s3v4")


@cache
def _made(service: str) -> Any:
    config = _CONFIG.merge(_LINKS) if service == "s3" else _CONFIG
    return _session().create_client(service, config=config)


@cache
def _session() -> Session:
    session = get_session()
    session.register("before-call", carry)
    return session
