"""`mediamill dlq` and `redrive` over real queues: what is shown, what is moved, what stays."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import expand
import pytest
from botocore.stub import Stubber
from made.flow import Flow, attempt
from made.pictures import jpeg
from typer.testing import CliRunner, Result

from mediamill.domain.manifest import StepError
from mediamill_cli import letters
from mediamill_cli.main import app
from mediamill_cli.stack import Stack

QUEUES = ("ImageQueue", "ImageDeadLetters", "IngestQueue", "IngestDeadLetters")
Command = Callable[..., Result]


@pytest.fixture
def stack(flow: Flow, endpoint: str, request: pytest.FixtureRequest) -> Iterator[Stack]:
    """A stack of two of the template's queues, each with its dead letters, and nobody to read."""
    resources = expand.template()["Resources"]
    body = {
        "Resources": {
            name: {
                "Type": "AWS::SQS::Queue",
                "Properties": {
                    key: value
                    for key, value in resources[name]["Properties"].items()
                    if key in ("RedrivePolicy", "VisibilityTimeout")
                },
            }
            for name in QUEUES
        },
        "Outputs": {"AssetsTableName": {"Value": flow.settings.assets_table}},
    }
    named = Stack(f"letters-{abs(hash(request.node.name))}", boto3.Session(), endpoint)
    named.cloudformation.create_stack(StackName=named.name, TemplateBody=json.dumps(body))
    named.cloudformation.get_waiter("stack_create_complete").wait(
        StackName=named.name, WaiterConfig={"Delay": 1}
    )
    yield named
    named.cloudformation.delete_stack(StackName=named.name)


@pytest.fixture
def command(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Command:
    """`mediamill` with these words, to that stack."""
    monkeypatch.setattr("mediamill_cli.commands.letters.find_stack", lambda *_: stack)
    return lambda *words: CliRunner().invoke(app, [*words])


def queue(stack: Stack, name: str) -> letters.DeadLetters:
    (found,) = (each for each in letters.dead_letters(stack) if each.name == name)
    return found


def put(stack: Stack, name: str, *bodies: str) -> None:
    """Bodies among the dead letters of a function."""
    for body in bodies:
        stack.sqs.send_message(QueueUrl=queue(stack, name).url, MessageBody=body)


def taken(stack: Stack, url: str) -> list[str]:
    """The bodies that are in a queue, which has them no more."""
    found = []
    while messages := stack.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get(
        "Messages"
    ):
        for message in messages:
            found.append(message["Body"])
            stack.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return sorted(found)


def told(flow: Flow, context: Any, key: str, sequencer: str) -> str:
    """A picture that is uploaded, and the message that asks for its renditions."""
    flow.intake().handle(flow.upload(key, jpeg(), sequencer), context)
    (message,) = flow.told()
    return json.dumps(message.body)


def failed(flow: Flow, context: Any, key: str, sequencer: str) -> tuple[str, StepError]:
    """A picture whose last try failed: the message, and what its record says."""
    flow.intake().handle(flow.upload(key, jpeg(), sequencer), context)
    (message,) = flow.told()
    with pytest.raises(ConnectionError):
        flow.worker("image", _fails).handle(attempt(message, 5), context)
    error = flow.record(key).steps["image"].error
    assert error is not None
    return json.dumps(message.body), error


def _fails(_: object) -> dict[str, Any]:
    raise ConnectionError("the network is gone")


def test_without_dead_letters_both_say_so(command: Command) -> None:
    assert "There are no dead letters." in command("dlq").output
    assert "There are no dead letters." in command("redrive").output


def test_a_letter_is_shown_with_its_asset_and_why_it_is_there(
    flow: Flow, stack: Stack, command: Command, context: Any
) -> None:
    body, error = failed(flow, context, "photos/a b.jpg", "01")
    put(stack, "image", body)
    shown = command("dlq").output
    assert "image  1 dead letter\n" in shown
    assert "photos/a b.jpg" in shown
    assert error.message in shown
    (image,) = (each for each in json.loads(command("dlq", "--json").stdout) if each["letters"])
    assert image["queue"] == "image"
    assert [(each["key"], each["why"]) for each in image["assets"]] == [
        ("photos/a b.jpg", error.message)
    ]


def test_looking_leaves_every_letter_in_sight(
    flow: Flow, stack: Stack, command: Command, context: Any
) -> None:
    bodies = [told(flow, context, f"{number}.jpg", f"{number:02}") for number in range(12)]
    put(stack, "image", *bodies)
    assert command("dlq", "--limit", "5").output.count(".jpg") == 5
    assert taken(stack, queue(stack, "image").url) == sorted(bodies)


def test_a_letter_says_where_its_asset_stands_now(
    flow: Flow, stack: Stack, command: Command, context: Any
) -> None:
    put(stack, "image", told(flow, context, "new.jpg", "01"))
    assert "Nobody has said anything of it yet." in command("dlq").output
    told(flow, context, "new.jpg", "02")
    assert "A newer version has come since." in command("dlq").output
    flow.intake().handle(flow.remove("new.jpg", "03"), context)
    assert "There is no such asset any more." in command("dlq").output


def test_a_letter_of_ingest_tells_the_key_as_it_was_uploaded(
    flow: Flow, stack: Stack, command: Command
) -> None:
    event = flow.event("a b+\u00e9.jpg", "01", version="1")
    put(stack, "ingest", json.dumps(event.body))
    assert "a b+\u00e9.jpg" in command("dlq").output


def test_redriven_letters_are_in_their_queue_as_they_were(
    flow: Flow, stack: Stack, command: Command, context: Any
) -> None:
    bodies = [told(flow, context, f"{number}.jpg", f"{number:02}") for number in range(12)]
    put(stack, "image", *bodies)
    done = command("redrive")
    assert done.exit_code == 0
    assert "image: 12 on the way again" in done.output
    image = queue(stack, "image")
    assert taken(stack, image.source) == sorted(bodies)
    assert taken(stack, image.url) == []


def test_what_comes_along_with_a_letter_goes_back_with_it(stack: Stack, command: Command) -> None:
    given: Any = {"traceparent": {"DataType": "String", "StringValue": "00-1-2-01"}}
    image = queue(stack, "image")
    stack.sqs.send_message(QueueUrl=image.url, MessageBody="{}", MessageAttributes=given)
    command("redrive")
    (message,) = stack.sqs.receive_message(QueueUrl=image.source, MessageAttributeNames=["All"])[
        "Messages"
    ]
    assert message["MessageAttributes"]["traceparent"]["StringValue"] == "00-1-2-01"


def test_only_the_letters_of_a_key_are_redriven_and_the_others_stay_in_sight(
    flow: Flow, stack: Stack, command: Command, context: Any
) -> None:
    mine, other = (told(flow, context, key, "01") for key in ("mine.jpg", "other.jpg"))
    put(stack, "image", mine, other)
    assert command("redrive", "--key", "mine.jpg").exit_code == 0
    image = queue(stack, "image")
    assert (taken(stack, image.source), taken(stack, image.url)) == ([mine], [other])


def test_a_key_without_letters_is_told_and_nothing_is_moved(
    flow: Flow, stack: Stack, command: Command, context: Any
) -> None:
    put(stack, "image", told(flow, context, "other.jpg", "01"))
    done = command("redrive", "--key", "mine.jpg")
    assert done.exit_code == 1
    assert "There is no dead letter of mine.jpg." in done.output
    assert queue(stack, "image").waiting == 1


def test_a_queue_that_there_is_not_is_answered_with_those_there_are(command: Command) -> None:
    done = command("redrive", "--queue", "images")
    assert done.exit_code == 2
    assert "ingest" in done.output
    assert "image" in done.output


def test_one_queue_alone_is_redriven(stack: Stack, command: Command) -> None:
    put(stack, "image", "{}")
    put(stack, "ingest", "{}")
    command("redrive", "--queue", "ingest")
    assert (queue(stack, "image").waiting, queue(stack, "ingest").waiting) == (1, 0)


def test_a_letter_that_is_no_message_of_ours_is_shown_and_moved(
    stack: Stack, command: Command
) -> None:
    put(stack, "image", "[1", "plain", '{"asset": 1}', '{"Records": [{}]}')
    shown = command("dlq").output
    assert "4 dead letters" in shown
    assert shown.count("no message of mediamill's") == 4
    command("redrive")
    assert len(taken(stack, queue(stack, "image").source)) == 4


@pytest.mark.parametrize("call", ["send_message", "delete_message"])
def test_a_redrive_that_is_killed_anywhere_loses_nothing(
    stack: Stack, command: Command, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    monkeypatch.setattr(letters, "_OUT_OF_SIGHT", 1)
    bodies = [f'{{"key": "{number}.jpg"}}' for number in range(12)]
    put(stack, "image", *bodies)
    asked = iter(range(100))
    real = getattr(stack.sqs, call)

    def dies(**given: Any) -> Any:
        if next(asked) == 5:
            raise KeyboardInterrupt
        return real(**given)

    with monkeypatch.context() as ill:
        ill.setattr(stack.sqs, call, dies)
        assert command("redrive").exit_code == 130
    time.sleep(1.1)
    assert command("redrive").exit_code == 0
    image = queue(stack, "image")
    assert set(taken(stack, image.source)) == set(bodies)
    assert taken(stack, image.url) == []


def test_on_aws_a_whole_queue_is_moved_by_sqs_itself() -> None:
    stack = Stack("mediamill", boto3.Session("key", "secret", region_name="us-east-1"))
    dead = letters.DeadLetters("image", "https://dead", "arn:dead", "https://image", 3, 0)
    with Stubber(stack.sqs) as sqs:
        sqs.add_response("get_queue_attributes", {"Attributes": {"QueueArn": "arn:image"}})
        sqs.add_response(
            "start_message_move_task",
            {"TaskHandle": "1"},
            {"SourceArn": "arn:dead", "DestinationArn": "arn:image"},
        )
        for status, count in (("RUNNING", 2), ("COMPLETED", 3)):
            sqs.add_response(
                "list_message_move_tasks",
                {"Results": [{"Status": status, "ApproximateNumberOfMessagesMoved": count}]},
                {"SourceArn": "arn:dead", "MaxResults": 1},
            )
        assert list(letters.moved(stack, dead, None)) == [2, 3]
