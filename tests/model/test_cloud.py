"""What befalls calls in memory: throttles, lost answers, bounds, costs, dead letters."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ParamValidationError

from model.calls import Call, lost, throttled
from model.cloud import Cloud

TABLE: dict[str, Any] = {
    "TableName": "assets",
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [
        {"AttributeName": "key", "AttributeType": "S"},
        {"AttributeName": "day", "AttributeType": "S"},
    ],
    "KeySchema": [{"AttributeName": "key", "KeyType": "HASH"}],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by_day",
            "KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["kind"]},
        }
    ],
}


@pytest.fixture
def cloud() -> Cloud:
    cloud = Cloud()
    cloud.client("dynamodb").create_table(**TABLE)
    return cloud


def put(cloud: Cloud, key: str = "a", **more: str) -> Any:
    item = {"key": {"S": key}, **{name: {"S": text} for name, text in more.items()}}
    return cloud.client("dynamodb").put_item(
        TableName="assets", Item=item, ReturnConsumedCapacity="INDEXES"
    )


def units(answer: Any) -> tuple[float, float]:
    """What a write cost in the table and in its index."""
    consumed = answer["ConsumedCapacity"]
    index = consumed.get("GlobalSecondaryIndexes", {}).get("by_day", {"CapacityUnits": 0.0})
    return consumed["Table"]["CapacityUnits"], index["CapacityUnits"]


def test_a_throttled_call_is_tried_again_and_takes_its_time(cloud: Cloud) -> None:
    seen: list[int] = []

    def twice(call: Call) -> None:
        seen.append(call.attempt)
        if len(seen) < 3:
            raise throttled(call)

    cloud.before = twice
    before = cloud.clock.now
    put(cloud)
    assert seen == [1, 2, 3]
    assert cloud.clock.now - before > 1


def test_a_call_that_is_throttled_four_times_fails_without_an_effect(cloud: Cloud) -> None:
    def always(call: Call) -> None:
        raise throttled(call)

    cloud.before = always
    with pytest.raises(ClientError, match="Reduce your request rate"):
        put(cloud)
    assert not cloud.dynamodb.by_name["assets"].items


def test_a_lost_answer_makes_the_client_meet_its_own_condition(cloud: Cloud) -> None:
    def first(call: Call) -> None:
        if call.attempt == 1:
            raise lost(call)

    cloud.after = first
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        cloud.client("dynamodb").put_item(
            TableName="assets",
            Item={"key": {"S": "a"}},
            ConditionExpression="attribute_not_exists(#k)",
            ExpressionAttributeNames={"#k": "key"},
        )
    assert len(cloud.dynamodb.by_name["assets"].items) == 1


def test_a_transaction_is_made_once_however_often_its_answer_is_lost(cloud: Cloud) -> None:
    def always(call: Call) -> None:
        raise lost(call)

    put(cloud)
    cloud.after = always
    update = {
        "TableName": "assets",
        "Key": {"key": {"S": "a"}},
        "UpdateExpression": "ADD revision :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    with pytest.raises(ConnectionClosedError):
        cloud.client("dynamodb").transact_write_items(TransactItems=[{"Update": update}])
    (item,) = cloud.dynamodb.by_name["assets"].items.values()
    assert item["revision"] == {"N": "1"}


def test_an_error_is_of_the_class_that_botocore_has_for_it(cloud: Cloud) -> None:
    dynamodb = cloud.client("dynamodb")
    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException):
        dynamodb.delete_item(
            TableName="assets",
            Key={"key": {"S": "a"}},
            ConditionExpression="attribute_exists(#k)",
            ExpressionAttributeNames={"#k": "key"},
        )
    with pytest.raises(cloud.client("s3").exceptions.NoSuchBucket):
        cloud.client("s3").get_object(Bucket="nowhere", Key="a")


def test_parameters_are_those_of_the_service_model(cloud: Cloud) -> None:
    with pytest.raises(ParamValidationError, match="Unknown parameter"):
        cloud.client("sqs").send_message(QueueUrl="q", MessageBody="x", Nonsense=1)
    with pytest.raises(AttributeError):
        cloud.client("sqs").send_massage()
    with pytest.raises(NotImplementedError, match="no ListTables"):
        cloud.client("dynamodb").list_tables()


def test_writes_cost_what_the_developer_guide_says(cloud: Cloud) -> None:
    assert units(put(cloud)) == (1, 0)  # not in the sparse index
    assert units(put(cloud, day="1")) == (1, 1)
    assert units(put(cloud, day="1", text="not projected")) == (1, 0)
    assert units(put(cloud, day="1", kind="image")) == (1, 1)
    assert units(put(cloud, day="2", kind="image")) == (1, 2)  # out of one place, into another
    assert units(put(cloud, text="x" * 2048)) == (3, 1)
    assert units(put(cloud)) == (3, 0)  # the larger of before and after


def test_a_partition_takes_a_thousand_units_a_second(cloud: Cloud) -> None:
    cloud.dynamodb.is_bounded = True
    cloud.latency = 0.0
    before = cloud.clock.now
    for number in range(2500):
        put(cloud, key=str(number), day="one partition of the index")
    assert 1 < cloud.clock.now - before < 10
    before = cloud.clock.now
    for number in range(2500):
        put(cloud, key=str(number + 5000), day=str(number))
    assert cloud.clock.now == before


def test_an_item_over_400_kb_is_refused_by_an_update_too(cloud: Cloud) -> None:
    put(cloud, text="x" * 300_000)
    with pytest.raises(ClientError, match="exceeded the maximum"):
        cloud.client("dynamodb").update_item(
            TableName="assets",
            Key={"key": {"S": "a"}},
            UpdateExpression="SET more = :more",
            ExpressionAttributeValues={":more": {"S": "x" * 200_000}},
        )


def test_a_message_that_is_not_deleted_comes_again_and_ends_with_the_dead(cloud: Cloud) -> None:
    sqs = cloud.client("sqs")
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    arn = cloud.sqs.by_url[dead].arn
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 5})
    url = sqs.create_queue(QueueName="q", Attributes={"RedrivePolicy": policy})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="poison")
    for _ in range(5):
        assert sqs.receive_message(QueueUrl=url)["Messages"]
        assert not sqs.receive_message(QueueUrl=url)
        cloud.clock.sleep(31)
    assert not sqs.receive_message(QueueUrl=url)
    assert [message.body for message in cloud.sqs.by_url[dead].messages.values()] == ["poison"]
    sqs.start_message_move_task(SourceArn=arn)
    (again,) = sqs.receive_message(
        QueueUrl=url, MessageSystemAttributeNames=["ApproximateReceiveCount"]
    )["Messages"]
    assert again["Attributes"] == {"ApproximateReceiveCount": "1"}


def test_an_older_receipt_deletes_nothing(cloud: Cloud) -> None:
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="x")
    (first,) = sqs.receive_message(QueueUrl=url)["Messages"]
    cloud.clock.sleep(31)
    (second,) = sqs.receive_message(QueueUrl=url)["Messages"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
    assert cloud.sqs.by_url[url].messages
    sqs.delete_message(QueueUrl=url, ReceiptHandle=second["ReceiptHandle"])
    assert not cloud.sqs.by_url[url].messages


def test_a_bucket_tells_a_queue_what_happens_in_it(cloud: Cloud) -> None:
    s3, sqs = cloud.client("s3"), cloud.client("sqs")
    url = sqs.create_queue(QueueName="events")["QueueUrl"]
    s3.create_bucket(Bucket="uploads")
    s3.put_bucket_versioning(Bucket="uploads", VersioningConfiguration={"Status": "Enabled"})
    told = {"QueueArn": cloud.sqs.by_url[url].arn, "Events": ["s3:Object*"]}
    s3.put_bucket_notification_configuration(
        Bucket="uploads", NotificationConfiguration={"QueueConfigurations": [told]}
    )
    s3.put_object(Bucket="uploads", Key="a b/é", Body=b"12")
    s3.delete_object(Bucket="uploads", Key="a b/é")
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    (put_event,), (removal,) = (json.loads(each["Body"])["Records"] for each in messages)
    assert put_event["eventName"] == "ObjectCreated:Put"
    assert put_event["s3"]["object"]["key"] == "a+b/%C3%A9"
    assert put_event["s3"]["object"]["size"] == 2
    assert removal["eventName"] == "ObjectRemoved:DeleteMarkerCreated"
    assert removal["s3"]["object"]["sequencer"] > put_event["s3"]["object"]["sequencer"]
