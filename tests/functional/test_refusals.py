"""What AWS refuses and the emulator takes is refused in every test that uses the emulator."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from made.flow import Flow
from made.refusals import ITEM_BYTES, MESSAGE_BYTES

from mediamill.aws import clients


@pytest.mark.parametrize(
    ("service", "method", "code", "params"),
    [
        ("s3", "put_object", "MetadataTooLarge", {"Metadata": {"name": "x" * 2045}}),
        ("s3", "put_object", "KeyTooLongError", {"Key": "漢" * 342}),
        ("s3", "delete_objects", "MalformedXML", {"Delete": {"Objects": [{"Key": "a\x01b"}]}}),
        ("s3", "delete_objects", "MalformedXML", {"Delete": {"Objects": [{"Key": "a\ufffe"}]}}),
        ("s3", "delete_objects", "MalformedXML", {"Delete": {"Objects": [{"Key": "a"}] * 1001}}),
        ("sqs", "send_message", "InvalidMessageContents", {"MessageBody": "a\uffffb"}),
        (
            "sqs",
            "send_message",
            "InvalidParameterValue",
            {"MessageBody": "x" * (MESSAGE_BYTES + 1)},
        ),
        ("sqs", "send_message", "InvalidParameterValue", {"MessageBody": "x", "DelaySeconds": 901}),
        ("sns", "publish", "InvalidParameter", {"Message": "é" * (MESSAGE_BYTES // 2 + 1)}),
        ("sns", "publish", "InvalidParameter", {"Message": "a\x0bb"}),
        (
            "dynamodb",
            "put_item",
            "ValidationException",
            {"Item": {"key": {"S": "k"}, "more": {"S": "x" * ITEM_BYTES}}},
        ),
        (
            "dynamodb",
            "update_item",
            "ValidationException",
            {
                "Key": {"key": {"S": "k"}},
                "UpdateExpression": "SET more = :more",
                "ExpressionAttributeValues": {":more": {"S": "x" * ITEM_BYTES}},
            },
        ),
        ("dynamodb", "get_item", "ValidationException", {"Key": {"key": {"S": "x" * 2049}}}),
        ("dynamodb", "get_item", "ValidationException", {"Key": {"key": {"S": ""}}}),
    ],
)
def test_what_aws_refuses_is_refused(
    flow: Flow, service: str, method: str, code: str, params: dict[str, Any]
) -> None:
    places = {
        "s3": {"Bucket": flow.uploads, **({"Key": "k"} if method == "put_object" else {})},
        "sqs": {"QueueUrl": flow.completed},
        "sns": {"TopicArn": flow.settings.completed_topic},
        "dynamodb": {"TableName": flow.settings.assets_table},
    }
    with pytest.raises(ClientError) as refused:
        getattr(clients._made(service), method)(**{**places[service], **params})
    assert refused.value.response["Error"]["Code"] == code


def test_what_aws_takes_is_taken(flow: Flow) -> None:
    s3, sqs = clients.client("s3"), clients.client("sqs")
    s3.put_object(Bucket=flow.uploads, Key="a\tb" * 256, Metadata={"name": "x" * 2044})
    sqs.send_message(QueueUrl=flow.completed, MessageBody="\U0001f600\ufffd\n", DelaySeconds=900)
    sqs.send_message(QueueUrl=flow.completed, MessageBody="x" * MESSAGE_BYTES)
