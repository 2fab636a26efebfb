"""The cloud in memory, which the search for holes drives, answers as the emulator does.

The same calls go to both; what is compared is every answer, or the code of every error. Names that
each side makes up (versions, messages) are numbered in the order of their first appearance.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError
from made.flow import Flow
from model.cloud import Cloud

from mediamill.aws import clients

MADE_UP = {"VersionId", "DeleteMarkerVersionId", "NextVersionIdMarker", "MessageId"}
LEFT_OUT = {  # headers, times, and what AWS adds without being asked
    "ResponseMetadata",
    "LastModified",
    "AcceptRanges",
    "ContentType",
    "ServerSideEncryption",
    "ChecksumCRC32",
    "ChecksumCRC64NVME",
    "ChecksumType",
    "StorageClass",
    "Owner",
    "MaxKeys",
    "EncodingType",
    "ReceiptHandle",
    "SentTimestamp",
    "MD5OfBody",
    "KeyMarker",
    "VersionIdMarker",
    "NextContinuationToken",
    "LastEvaluatedKey",
}
ECHOED = {"Name", "Prefix", "Delimiter", "StartAfter", "ContinuationToken"}  # as they were asked
_number = itertools.count(1)


class Side:
    """One of the two clouds, and all that it answered."""

    def __init__(self, client: Callable[[str], Any]) -> None:
        self._client = client
        self._names: dict[str, str] = {}
        self.log: list[Any] = []

    def ask(self, service: str, method: str, **params: Any) -> Any:
        """Make a call, and note its answer or the code of its error."""
        try:
            answer = getattr(self._client(service), method)(**params)
        except ClientError as error:
            response: Any = error.response
            self.log.append((method, response["Error"]["Code"]))
            self.log.append(response.get("Item"))
            reasons = response.get("CancellationReasons", ())
            self.log.append([(reason["Code"], reason.get("Item")) for reason in reasons])
            return {}
        if "Body" in answer:
            answer["Body"] = answer["Body"].read()
        kept = {name: entry for name, entry in answer.items() if name not in ECHOED}
        self.log.append((method, self._plain(kept)))
        return answer

    def _plain(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            kept = {name: entry for name, entry in value.items() if name not in LEFT_OUT}
            return {
                name: self._named(entry) if name in MADE_UP else self._plain(entry)
                for name, entry in kept.items()
                if entry not in (None, "", [])
            }
        return [self._plain(entry) for entry in value] if isinstance(value, list) else value

    def _named(self, name: str) -> str:
        return self._names.setdefault(name, f"#{len(self._names) + 1}")


@pytest.fixture
def sides(flow: Flow) -> Iterator[tuple[Side, Side]]:
    yield Side(lambda service: clients._made(service)), Side(Cloud().client)


Script = Callable[[Side, str], None]


def objects(side: Side, name: str) -> None:
    side.ask("s3", "create_bucket", Bucket=name)
    side.log.clear()  # what a bucket's making answers is nobody's business
    versioning = {"Status": "Enabled"}
    side.ask("s3", "put_bucket_versioning", Bucket=name, VersioningConfiguration=versioning)
    first = side.ask("s3", "put_object", Bucket=name, Key="a", Body=b"one", Metadata={"x": "y"})
    side.ask("s3", "put_object", Bucket=name, Key="a", Body=b"two", IfNoneMatch="*")
    side.ask("s3", "put_object", Bucket=name, Key="a", Body=b"two", IfMatch='"nonsense"')
    side.ask("s3", "put_object", Bucket=name, Key="a", Body=b"two", IfMatch=first["ETag"])
    side.ask("s3", "put_object", Bucket=name, Key="new", Body=b"n", IfNoneMatch="*")
    side.ask("s3", "get_object", Bucket=name, Key="a")
    side.ask("s3", "get_object", Bucket=name, Key="a", VersionId=first["VersionId"])
    side.ask("s3", "get_object", Bucket=name, Key="a", Range="bytes=1-1")
    side.ask("s3", "get_object", Bucket=name, Key="a", Range="bytes=9-10")
    side.ask("s3", "get_object", Bucket=name, Key="a", IfMatch='"nonsense"')
    side.ask("s3", "get_object", Bucket=name, Key="gone")
    side.ask("s3", "head_object", Bucket=name, Key="gone")
    side.ask("s3", "head_object", Bucket=name, Key="a")
    marker = side.ask("s3", "delete_object", Bucket=name, Key="a")
    side.ask("s3", "get_object", Bucket=name, Key="a")
    side.ask("s3", "head_object", Bucket=name, Key="a", VersionId=marker["VersionId"])
    side.ask("s3", "get_object", Bucket=name, Key="a", VersionId=first["VersionId"])
    side.ask("s3", "list_object_versions", Bucket=name)
    side.ask("s3", "delete_object", Bucket=name, Key="a", VersionId=marker["VersionId"])
    side.ask("s3", "head_object", Bucket=name, Key="a")
    side.ask("s3", "delete_object", Bucket=name, Key="a", VersionId=first["VersionId"])
    side.ask("s3", "get_object", Bucket=name, Key="a", VersionId=first["VersionId"])


def listings(side: Side, name: str) -> None:
    side.ask("s3", "create_bucket", Bucket=name)
    side.log.clear()
    versioning = {"Status": "Enabled"}
    side.ask("s3", "put_bucket_versioning", Bucket=name, VersioningConfiguration=versioning)
    for key in ("b/1", "b/2", "a", "c/x/1", "é", "Z", "d"):
        side.ask("s3", "put_object", Bucket=name, Key=key, Body=key.encode())
    side.ask("s3", "list_objects_v2", Bucket=name)
    side.ask("s3", "list_objects_v2", Bucket=name, Prefix="b/")
    side.ask("s3", "list_objects_v2", Bucket=name, Delimiter="/")
    side.ask("s3", "list_objects_v2", Bucket=name, Prefix="c/", Delimiter="/")
    side.ask("s3", "list_objects_v2", Bucket=name, StartAfter="b/1")
    token = side.ask("s3", "list_objects_v2", Bucket=name, MaxKeys=3)
    side.ask("s3", "list_objects_v2", Bucket=name, ContinuationToken=token["NextContinuationToken"])
    objects = [{"Key": "a"}, {"Key": "never"}]
    side.ask("s3", "delete_objects", Bucket=name, Delete={"Objects": objects})
    side.ask("s3", "delete_objects", Bucket=name, Delete={"Objects": objects, "Quiet": True})
    side.ask("s3", "list_objects_v2", Bucket=name, Prefix="a")


def messages(side: Side, name: str) -> None:
    url = side.ask("sqs", "create_queue", QueueName=name)["QueueUrl"]
    side.log.clear()
    side.ask("sqs", "send_message", QueueUrl=url, MessageBody="one")
    side.ask("sqs", "send_message", QueueUrl=url, MessageBody="late", DelaySeconds=900)
    side.ask("sqs", "send_message", QueueUrl=url, MessageBody="never", DelaySeconds=901)
    entries = [{"Id": str(number), "MessageBody": f"b{number}"} for number in range(3)]
    side.ask("sqs", "send_message_batch", QueueUrl=url, Entries=entries)
    side.ask("sqs", "send_message_batch", QueueUrl=url, Entries=[entries[0], entries[0]])
    wanted = {"MessageSystemAttributeNames": ["ApproximateReceiveCount"]}
    answer = side.ask("sqs", "receive_message", QueueUrl=url, MaxNumberOfMessages=2, **wanted)
    one, two = (message["ReceiptHandle"] for message in answer["Messages"])
    side.ask("sqs", "delete_message", QueueUrl=url, ReceiptHandle=one)
    side.ask(
        "sqs", "change_message_visibility", QueueUrl=url, ReceiptHandle=two, VisibilityTimeout=0
    )
    side.ask("sqs", "receive_message", QueueUrl=url, MaxNumberOfMessages=10, **wanted)
    side.ask("sqs", "receive_message", QueueUrl=url)
    numbers = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    side.ask("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=numbers)


def dead_letters(side: Side, name: str) -> None:
    dead = side.ask("sqs", "create_queue", QueueName=f"{name}-dead")["QueueUrl"]
    wanted = ["QueueArn"]
    arn = side.ask("sqs", "get_queue_attributes", QueueUrl=dead, AttributeNames=wanted)
    policy = {"deadLetterTargetArn": arn["Attributes"]["QueueArn"], "maxReceiveCount": 2}
    attributes = {"RedrivePolicy": json.dumps(policy), "VisibilityTimeout": "0"}
    url = side.ask("sqs", "create_queue", QueueName=name, Attributes=attributes)["QueueUrl"]
    side.log.clear()
    side.ask("sqs", "send_message", QueueUrl=url, MessageBody="poison")
    for _ in range(3):
        side.ask("sqs", "receive_message", QueueUrl=url)
    side.ask("sqs", "receive_message", QueueUrl=dead)


def fan_out(side: Side, name: str) -> None:
    topic = side.ask("sns", "create_topic", Name=name)["TopicArn"]
    queues = {}
    policies: dict[str, Any] = {
        "raw": {"kind": ["image"]},
        "list": {"needs": ["poster", "pdf"]},
        "other": {"kind": [{"anything-but": ["image"]}]},
        "absent": {"needs": [{"exists": False}]},
    }
    for each, policy in policies.items():
        queues[each] = side.ask("sqs", "create_queue", QueueName=f"{name}-{each}")["QueueUrl"]
        arn = side.ask(
            "sqs", "get_queue_attributes", QueueUrl=queues[each], AttributeNames=["QueueArn"]
        )["Attributes"]["QueueArn"]
        wanted = {"RawMessageDelivery": "true", "FilterPolicy": json.dumps(policy)}
        side.ask(
            "sns", "subscribe", TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=wanted
        )
    side.log.clear()
    image: dict[str, Any] = {"kind": {"DataType": "String", "StringValue": "image"}}
    needs: dict[str, Any] = {"needs": {"DataType": "String.Array", "StringValue": '["pdf","x"]'}}
    video = {"kind": {"DataType": "String", "StringValue": "video"}}
    client_of = side._client
    sent: list[tuple[str, dict[str, Any]]] = [("1", image), ("2", {**image, **needs}), ("3", video)]
    for text, attributes in sent:
        client_of("sns").publish(TopicArn=topic, Message=text, MessageAttributes=attributes)
    for each, url in queues.items():
        answer = client_of("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        side.log.append((each, sorted(m["Body"] for m in answer.get("Messages", ()))))


ANY = "asset"


def _table(side: Side, name: str) -> None:
    side.ask(
        "dynamodb",
        "create_table",
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": each, "AttributeType": "S"} for each in ("id", "day", "at")
        ],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_day",
                "KeySchema": [
                    {"AttributeName": "day", "KeyType": "HASH"},
                    {"AttributeName": "at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["n"]},
            }
        ],
    )
    side.log.clear()


def updates(side: Side, name: str) -> None:
    _table(side, name)
    key = {"id": {"S": ANY}}

    def change(text: str, names: Any = None, **values: Any) -> None:
        more: dict[str, Any] = {"ExpressionAttributeNames": names} if names else {}
        if values:
            more["ExpressionAttributeValues"] = {f":{n}": value for n, value in values.items()}
        side.ask(
            "dynamodb",
            "update_item",
            TableName=name,
            Key=key,
            UpdateExpression=text,
            ReturnValues="ALL_NEW",
            **more,
        )

    number, text = {"N": "1"}, {"S": "x"}
    change("SET n = if_not_exists(n, :z) + :one", z={"N": "0"}, one=number)
    change("SET n = n + :one, #m = :m", {"#m": "map"}, one=number, m={"M": {"a": {"L": [text]}}})
    change("SET #m.a[5] = :x, #m.b = :x", {"#m": "map"}, x=text)
    change("SET #m.a = list_append(#m.a, :l)", {"#m": "map"}, l={"L": [number]})
    change("SET nowhere.b = :x", x=text)
    change("SET n = absent", None)
    change("REMOVE #m.a[0] ADD n :one, s :set", {"#m": "map"}, one=number, set={"SS": ["a", "b"]})
    change("DELETE s :set", set={"SS": ["a"]})
    change("DELETE s :set", set={"SS": ["b"]})
    change("SET id = :x", x=text)
    change("SET n = :x", x=text, unused=text)
    change("SET n = :y", x=text)
    change("SET #m.b.c = :x", {"#m": "map"}, x=text)
    change("REMOVE absent, #m.b", {"#m": "map"})
    change("ADD n :one", one=text)
    side.ask("dynamodb", "get_item", TableName=name, Key=key)
    for returned in ("UPDATED_NEW", "UPDATED_OLD", "ALL_OLD", "NONE"):
        side.ask(
            "dynamodb",
            "update_item",
            TableName=name,
            Key=key,
            UpdateExpression="SET n = :n",
            ExpressionAttributeValues={":n": {"N": "7"}},
            ReturnValues=returned,
        )


CONDITIONS = {
    "attribute_exists(n)": True,
    "attribute_not_exists(#m.a)": False,
    "attribute_type(n, :type)": True,
    "n = :n AND NOT #m.a = :n": True,
    "n < :n": False,
    "n BETWEEN :n AND :n": True,
    "t IN (:n, :x)": True,
    "begins_with(t, :x)": True,
    "contains(s, :x)": True,
    "contains(#m.l, :n)": True,
    "size(t) = :n": True,
    "size(#m.l) > :n": False,
    "absent = :n": False,
    "absent <> :n": True,
    "absent < :n": False,
    "(n = :x OR t = :x) AND attribute_exists(s)": True,
    "NOT (n = :n)": False,
    "n > :x": False,
}


def conditions(side: Side, name: str) -> None:
    _table(side, name)
    values = {":n": {"N": "1"}, ":x": {"S": "x"}, ":type": {"S": "N"}}
    item = {
        "id": {"S": ANY},
        "n": {"N": "1.0"},
        "t": {"S": "x"},
        "s": {"SS": ["x", "y"]},
        "map": {"M": {"a": {"BOOL": True}, "l": {"L": [{"N": "1"}]}}},
    }
    side.ask("dynamodb", "put_item", TableName=name, Item=item)
    for text in CONDITIONS:
        more: dict[str, Any] = {}
        used = {word: value for word, value in values.items() if word in text}
        if used:
            more["ExpressionAttributeValues"] = used
        if "#m" in text:
            more["ExpressionAttributeNames"] = {"#m": "map"}
        side.ask(
            "dynamodb", "put_item", TableName=name, Item=item, ConditionExpression=text, **more
        )
    side.ask(
        "dynamodb",
        "delete_item",
        TableName=name,
        Key={"id": {"S": ANY}},
        ConditionExpression="attribute_not_exists(n)",
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )
    side.ask(
        "dynamodb", "delete_item", TableName=name, Key={"id": {"S": ANY}}, ReturnValues="ALL_OLD"
    )


def queries(side: Side, name: str) -> None:
    _table(side, name)
    for number in range(6):
        item = {"id": {"S": f"i{number}"}, "n": {"N": str(number)}, "more": {"S": "not projected"}}
        if number != 4:  # the index is sparse
            item |= {"day": {"S": f"d{number % 2}"}, "at": {"S": f"t{number}"}}
        side.ask("dynamodb", "put_item", TableName=name, Item=item)

    def query(text: str, **more: Any) -> Any:
        values = {":d": {"S": "d0"}, ":t": {"S": "t2"}, ":n": {"N": "0"}}
        every = text + more.get("FilterExpression", "")
        return side.ask(
            "dynamodb",
            "query",
            TableName=name,
            IndexName="by_day",
            KeyConditionExpression=text,
            ExpressionAttributeValues={w: held for w, held in values.items() if w in every},
            ExpressionAttributeNames={"#d": "day", "#a": "at"} if "#a" in every else {"#d": "day"},
            **more,
        )

    query("#d = :d")
    query("#d = :d", ScanIndexForward=False)
    query("#d = :d AND #a > :t")
    query("#d = :d AND begins_with(#a, :t)")
    query("#d = :d", FilterExpression="n > :n")
    query("#d = :d", ProjectionExpression="n")
    query("#d = :d", ConsistentRead=True)
    page = query("#d = :d", Limit=1)
    query("#d = :d", Limit=5, ExclusiveStartKey=page["LastEvaluatedKey"])
    side.ask(
        "dynamodb",
        "update_item",
        TableName=name,
        Key={"id": {"S": "i0"}},
        UpdateExpression="REMOVE #d",
        ExpressionAttributeNames={"#d": "day"},
    )
    query("#d = :d")
    keys = [{"id": {"S": "i0"}}]
    side.ask("dynamodb", "batch_get_item", RequestItems={name: {"Keys": keys}})
    request = {"DeleteRequest": {"Key": {"id": {"S": "i2"}}}}
    side.ask("dynamodb", "batch_write_item", RequestItems={name: [request]})
    query("#d = :d")


def transactions(side: Side, name: str) -> None:
    _table(side, name)

    def put(each: str, **more: Any) -> Any:
        return {"Put": {"TableName": name, "Item": {"id": {"S": each}}, **more}}

    new = {"ConditionExpression": "attribute_not_exists(id)"}
    shown = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    update = {
        "TableName": name,
        "Key": {"id": {"S": "a"}},
        "UpdateExpression": "SET n = :n",
        "ExpressionAttributeValues": {":n": {"N": "1"}},
    }
    check = {"TableName": name, "Key": {"id": {"S": "b"}}, **new}
    for items in (
        [put("a", **new), put("b", **new)],
        [put("c"), put("a", **new, **shown)],
        [{"Update": update}, {"Delete": {"TableName": name, "Key": {"id": {"S": "b"}}}}],
        [{"ConditionCheck": check}, put("c")],
        [put("d"), put("d")],
    ):
        side.ask("dynamodb", "transact_write_items", TransactItems=items)
    for each in "abcd":
        side.ask("dynamodb", "get_item", TableName=name, Key={"id": {"S": each}})


@pytest.mark.parametrize(
    "script",
    [
        objects,
        listings,
        messages,
        dead_letters,
        fan_out,
        updates,
        conditions,
        queries,
        transactions,
    ],
)
def test_the_cloud_in_memory_answers_as_the_emulator(
    sides: tuple[Side, Side], script: Script
) -> None:
    name = f"cloud-{next(_number)}"
    for side in sides:
        script(side, name)
    emulator, memory = (side.log for side in sides)
    assert len(memory) > 3
    for number, (theirs, ours) in enumerate(zip(emulator, memory, strict=True)):
        assert ours == theirs, f"step {number} after {emulator[:number][-1:]}"


def test_a_condition_holds_as_the_developer_guide_says() -> None:
    side = Side(Cloud().client)
    conditions(side, "alone")
    answers = [entry for entry in side.log if isinstance(entry, tuple)][1:]
    for (text, holds), (_method, answer) in zip(CONDITIONS.items(), answers, strict=False):
        assert (answer == {}) is holds, text


@pytest.mark.parametrize(
    "change",
    [
        {"UpdateExpression": "SET n = :n, n = :n"},
        {"UpdateExpression": "SET m.a = :n, m = :n"},
        {"UpdateExpression": "SET status = :n"},
        {"UpdateExpression": "SET n = :n SET t = :n"},
        {"UpdateExpression": "SET n = :n", "ConditionExpression": "size = :n"},
        {"UpdateExpression": "SET n = :n", "ConditionExpression": "n = :n)"},
        {"UpdateExpression": "SET n = :n", "ConditionExpression": "n = :n AND"},
        {"UpdateExpression": "SET n = :n", "ConditionExpression": "n ! :n"},
        {"UpdateExpression": "SET n = :n", "Key": {"id": {"S": ""}}},
        {"UpdateExpression": "SET n = :n", "Key": {"id": {"S": "x" * 2049}}},
        {"UpdateExpression": "SET day = :n"},
    ],
)
def test_the_cloud_in_memory_is_stricter_than_the_emulator_where_dynamodb_is(change: Any) -> None:
    side = Side(Cloud().client)
    _table(side, "strict")
    values = {":n": {"N": "1"}}
    request = {"Key": {"id": {"S": ANY}}, "ExpressionAttributeValues": values, **change}
    side.ask("dynamodb", "update_item", TableName="strict", **request)
    assert side.log[0] == ("update_item", "ValidationException")
