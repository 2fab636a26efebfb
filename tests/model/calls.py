"""A call of an AWS client, from its parameters to its answer, with everything that can befall it.

    Client → Cloud.call → before(call) → the service → after(call) → the answer

`before` and `after` may raise: a throttle, a lost answer (both tried again as botocore's standard
retries do), or an end of the process, which is a BaseException.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from botocore import xform_name
from botocore.errorfactory import ClientExceptionsFactory
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    ParamValidationError,
)
from botocore.exceptions import ConnectionError as NoConnection
from botocore.model import OperationModel, ServiceModel
from botocore.paginate import Paginator, PaginatorModel
from botocore.session import get_session
from botocore.validate import ParamValidator
from made.refusals import refused

ATTEMPTS = 4  # as mediamill.aws.clients has it

# AWS SDKs and Tools Reference Guide, "Retry behavior": what the standard mode tries again.
_TRANSIENT = {500, 502, 503, 504}
_WORDS = """
    BandwidthLimitExceeded EC2ThrottledException LimitExceededException PriorRequestNotComplete
    ProvisionedThroughputExceededException RequestLimitExceeded RequestThrottled
    RequestThrottledException RequestTimeout RequestTimeoutException SlowDown
    ThrottledException Throttling ThrottlingException TooManyRequestsException
    TransactionInProgressException
"""
_RETRIED = frozenset(_WORDS.split())


@dataclass(frozen=True, slots=True)
class Call:
    """One request on the wire; `attempt` counts from 1, and is over 1 for botocore's retries."""

    service: str
    operation: str
    params: Mapping[str, Any]
    attempt: int

    def __str__(self) -> str:
        return f"{self.service}.{xform_name(self.operation)}"


def throttled(call: Call) -> ClientError:
    """The answer of a service that has too much to do."""
    code = {"s3": "SlowDown", "sqs": "RequestThrottled", "sns": "Throttled"}
    word = code.get(call.service, "ThrottlingException")
    return refused(call.operation, word, "Reduce your request rate.", status=503)


def lost(call: Call) -> Exception:
    """A connection that broke before the answer was read."""
    return ConnectionClosedError(endpoint_url=f"https://{call.service}.invalid")


def is_retried(error: Exception) -> bool:
    """Whether botocore's standard mode tries again after this."""
    if isinstance(error, ClientError):
        code = error.response.get("Error", {}).get("Code", "")
        return (
            error.response["ResponseMetadata"].get("HTTPStatusCode") in _TRANSIENT
            or code in _RETRIED
        )
    return isinstance(error, (NoConnection, ConnectionClosedError, EndpointConnectionError))


class Client:
    """A client with the methods of botocore's, each of which asks the cloud."""

    def __init__(self, service: str, call: Callable[[str, str, Mapping[str, Any]], Any]) -> None:
        self._service = service
        self._call = call

    def __getattr__(self, name: str) -> Any:
        operation = operations(self._service).get(name)
        if operation is None:
            raise AttributeError(f"{self._service} has no {name}")
        method = partial(self._ask, operation)
        setattr(self, name, method)
        return method

    def _ask(self, operation: str, **params: Any) -> Any:
        return self._call(self._service, operation, params)

    @property
    def exceptions(self) -> Any:
        """Botocore's classes of this service's errors, by their codes."""
        return exceptions(self._service)

    def get_paginator(self, name: str) -> Paginator[Any]:
        """Botocore's own paginator over this client's method."""
        operation = operations(self._service)[name]
        pages = _pages(self._service).get_paginator(operation)
        return Paginator(getattr(self, name), pages, _operation(self._service, operation))


def validate(service: str, operation: str, params: Mapping[str, Any]) -> None:
    """Raise ParamValidationError where botocore would, before anything is sent."""
    model = _operation(service, operation).input_shape
    if model is None:
        return
    report = ParamValidator().validate(params, model)
    if report.has_errors():
        raise ParamValidationError(report=report.generate_report())


def named(service: str, error: ClientError) -> ClientError:
    """An answer's error as an instance of the class that its service has for its code."""
    code = error.response["Error"]["Code"]
    found: ClientError = exceptions(service).from_code(code)(error.response, error.operation_name)
    return found


@cache
def exceptions(service: str) -> Any:
    """The classes of a service's errors, as botocore makes them."""
    return ClientExceptionsFactory().create_client_exceptions(_model(service))


@cache
def operations(service: str) -> Mapping[str, str]:
    """The operations of a service by their methods' names."""
    return {xform_name(name): name for name in _model(service).operation_names}


@cache
def _model(service: str) -> ServiceModel:
    model: ServiceModel = get_session().get_service_model(service)
    return model


@cache
def _pages(service: str) -> PaginatorModel:
    model: PaginatorModel = get_session().get_paginator_model(service)
    return model


@cache
def _operation(service: str, operation: str) -> OperationModel:
    return _model(service).operation_model(operation)
