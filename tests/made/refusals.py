"""What AWS refuses and an emulator may take: bounds on calls, from their parameters alone.

`refusal` gives the error that AWS would answer with; `guard` has a botocore session raise it, for
tests against an emulator that is more lenient. The sources stand beside the numbers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError
from botocore.model import OperationModel
from botocore.session import Session

from made.attribute_sizes import item_bytes

Params = Mapping[str, Any]

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

KEY_BYTES = 1024  # Amazon S3 User Guide, "Naming Amazon S3 objects"
METADATA_BYTES = 2048  # Amazon S3 User Guide, "Working with object metadata"
DELETE_AT_ONCE = 1000  # S3 API reference, DeleteObjects
MESSAGE_BYTES = 262_144  # SNS, Publish; what a queue takes that says nothing else is at least that
BATCH = 10  # SQS, SendMessageBatch; SNS, PublishBatch
DELAY_SECONDS = 900  # SQS, SendMessage
ITEM_BYTES = 400 * 1024  # DynamoDB Developer Guide, "Constraints": item size
HASH_BYTES = 2048  # the same page: partition keys
EXPRESSION_BYTES = 4096  # the same page: expression parameters
WRITES_AT_ONCE = {"BatchWriteItem": 25, "TransactWriteItems": 100}


def refused(
    operation: str, code: str, message: str, *, status: int = 400, **more: Any
) -> ClientError:
    """An error in the shape in which botocore raises what AWS answered."""
    answer: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status, "RetryAttempts": 0},
        **more,
    }
    return ClientError(answer, operation)


def refusal(service: str, operation: str, params: Params) -> ClientError | None:
    """The error for a call that AWS would refuse whatever it holds, or None."""
    check = _CHECKS.get(service)
    for code, message in check(operation, params) if check else ():
        return refused(operation, code, message)
    return None


def guard(session: Session) -> None:
    """Have every client that this session makes from now on refuse what AWS refuses."""

    def before(**given: Any) -> None:
        model: OperationModel = given["model"]
        error = refusal(model.service_model.service_name, model.name, given["params"])
        if error is not None:
            raise error

    session.register("before-parameter-build", before)


def is_xml(text: str) -> bool:
    """Whether XML 1.0 can hold every character of a text, escaped or not."""
    return _NO_XML.search(text) is None


Refusals = Iterator[tuple[str, str]]


def _s3(operation: str, params: Params) -> Refusals:
    if len(params.get("Key", "").encode("utf-8", "surrogatepass")) > KEY_BYTES:
        yield "KeyTooLongError", "Your key is too long"
    metadata = params.get("Metadata") or {}
    size = sum(len(f"{name}{value}".encode()) for name, value in metadata.items())
    if size > METADATA_BYTES:
        yield "MetadataTooLarge", f"Your metadata headers have {size} bytes, not {METADATA_BYTES}"
    if operation == "DeleteObjects":
        keys = [entry["Key"] for entry in params["Delete"]["Objects"]]
        if not 0 < len(keys) <= DELETE_AT_ONCE or not all(map(is_xml, keys)):
            yield "MalformedXML", "The XML you provided was not well-formed"
        if any(len(key.encode()) > KEY_BYTES for key in keys):
            yield "KeyTooLongError", "Your key is too long"


def _sqs(operation: str, params: Params) -> Refusals:
    if operation not in ("SendMessage", "SendMessageBatch"):
        return
    entries = params["Entries"] if operation == "SendMessageBatch" else [params]
    yield from _batch("AWS.SimpleQueueService.", operation, entries)
    for entry in entries:
        if not is_xml(entry["MessageBody"]):
            yield "InvalidMessageContents", "The message has characters outside the allowed set."
        if not 0 <= entry.get("DelaySeconds", 0) <= DELAY_SECONDS:
            yield "InvalidParameterValue", "DelaySeconds must be >= 0 and <= 900."
    if sum(_message_bytes(entry, "MessageBody") for entry in entries) > MESSAGE_BYTES:
        if operation == "SendMessageBatch":
            yield "AWS.SimpleQueueService.BatchRequestTooLong", "The batch is over 262144 bytes."
        yield "InvalidParameterValue", "One or more parameters are invalid: over 262144 bytes."


def _sns(operation: str, params: Params) -> Refusals:
    if operation not in ("Publish", "PublishBatch"):
        return
    entries = params["PublishBatchRequestEntries"] if operation == "PublishBatch" else [params]
    yield from _batch("", operation, entries)
    for entry in entries:
        if not entry["Message"]:
            yield "InvalidParameter", "Invalid parameter: Empty message"
        if not is_xml(entry["Message"]):  # SNS would take it, and lose it at the queue's door
            yield "InvalidParameter", "Invalid parameter: no queue takes this message's characters"
        if any(not text["StringValue"] for text in _texts(entry)):
            yield "ParameterValueInvalid", "The message attribute value must not be empty."
    if sum(_message_bytes(entry, "Message") for entry in entries) > MESSAGE_BYTES:
        if operation == "PublishBatch":
            yield "BatchRequestTooLong", "The batch is over 262144 bytes."
        yield "InvalidParameter", "Invalid parameter: Message too long"


def _batch(prefix: str, operation: str, entries: list[Params]) -> Refusals:
    if not operation.endswith("Batch"):
        return
    if not entries:
        yield f"{prefix}EmptyBatchRequest", "There should be at least one entry in the request."
    if len(entries) > BATCH:
        yield f"{prefix}TooManyEntriesInBatchRequest", f"At most {BATCH} entries are permitted."
    if len({entry["Id"] for entry in entries}) < len(entries):
        yield f"{prefix}BatchEntryIdsNotDistinct", "Two entries have the same Id."


def _dynamodb(operation: str, params: Params) -> Refusals:
    for request in _requests(operation, params):
        item = request.get("Item")
        if item is not None and item_bytes(item) > ITEM_BYTES:
            yield "ValidationException", "Item size has exceeded the maximum allowed size"
        for name, value in request.get("Key", {}).items():
            ((_, held),) = value.items()
            if not held:
                yield "ValidationException", f"A key attribute is an empty string. Key: {name}"
            if len(str(held).encode()) > HASH_BYTES:
                yield "ValidationException", "Size of hashkey has exceeded the maximum size limit"
        for name, text in request.items():
            if name.endswith("Expression") and len(text.encode()) > EXPRESSION_BYTES:
                yield "ValidationException", f"Invalid {name}: Expression size has exceeded"
    many = WRITES_AT_ONCE.get(operation)
    if many is not None and len(list(_requests(operation, params))) > many:
        yield "ValidationException", f"A request may have at most {many} writes."


def _requests(operation: str, params: Params) -> Iterator[Params]:
    """Each single read or write of a call."""
    if operation == "TransactWriteItems":
        yield from (request for entry in params["TransactItems"] for request in entry.values())
    elif operation == "BatchWriteItem":
        for entries in params["RequestItems"].values():
            yield from (request for entry in entries for request in entry.values())
    elif "RequestItems" not in params and "TransactItems" not in params:
        yield params


def _message_bytes(entry: Params, body: str) -> int:
    attributes = entry.get("MessageAttributes") or {}
    return len(entry[body].encode()) + sum(
        len(f"{name}{held['DataType']}{held.get('StringValue', '')}".encode())
        for name, held in attributes.items()
    )


def _texts(entry: Params) -> Iterator[Params]:
    for name, held in (entry.get("MessageAttributes") or {}).items():
        if held["DataType"] == "String.Array" and not isinstance(
            json.loads(held["StringValue"]), list
        ):
            raise ValueError(f"{name} is no JSON array: {held['StringValue']}")
        if "StringValue" in held:
            yield held


_CHECKS: Mapping[str, Callable[[str, Params], Refusals]] = {
    "s3": _s3,
    "sqs": _sqs,
    "sns": _sns,
    "dynamodb": _dynamodb,
}
