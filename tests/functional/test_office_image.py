"""The office worker's image under Lambda's runtime emulator: read-only, unprivileged, for real.

Needs Docker, and the image: `make office-image-local`.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pypdfium2
import pytest
from made import office as made
from made import office_image

from mediamill.aws.items import from_item, to_item
from mediamill.aws.messages import FanOut, encode
from mediamill.domain.asset import Asset, Record, Source, Step
from mediamill.domain.kind import Kind, Status, StepStatus

pytestmark = pytest.mark.docker


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Cloud:
    """An emulated account with what the office worker touches, and no more."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        account = {
            "endpoint_url": endpoint,
            "region_name": "us-east-1",
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
        }
        self.s3: Any = boto3.client("s3", **account)  # type: ignore[call-overload]
        self.dynamodb: Any = boto3.client("dynamodb", **account)  # type: ignore[call-overload]
        self.sqs: Any = boto3.client("sqs", **account)  # type: ignore[call-overload]
        self.sns: Any = boto3.client("sns", **account)  # type: ignore[call-overload]
        for bucket in ("uploads", "results"):
            self.s3.create_bucket(Bucket=bucket)
        self.dynamodb.create_table(
            TableName="assets",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "key", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}],
        )
        self.dynamodb.create_table(
            TableName="made",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": "key", "AttributeType": "S"},
                {"AttributeName": "made", "AttributeType": "S"},
            ],
            KeySchema=[
                {"AttributeName": "key", "KeyType": "HASH"},
                {"AttributeName": "made", "KeyType": "RANGE"},
            ],
        )
        self.topic = self.sns.create_topic(Name="assets")["TopicArn"]
        self.manifest_queue = self.sqs.create_queue(QueueName="manifest")["QueueUrl"]
        self.told = self.sqs.create_queue(QueueName="told")["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=self.told, AttributeNames=["QueueArn"])
        self.sns.subscribe(
            TopicArn=self.topic,
            Protocol="sqs",
            Endpoint=arn["Attributes"]["QueueArn"],
            Attributes={"RawMessageDelivery": "true"},
        )

    def upload(self, key: str, original: bytes) -> Asset:
        etag = self.s3.put_object(Bucket="uploads", Key=key, Body=original)["ETag"].strip('"')
        now = "2026-01-01T00:00:00.000Z"
        asset = Asset(
            asset_id=hashlib.sha256(key.encode()).hexdigest()[:32],
            bucket="uploads",
            key=key,
            version_id=None,
            etag=etag,
            sequencer="01",
            bytes=len(original),
            kind=Kind.OFFICE,
            content_type="application/octet-stream",
            created_at=now,
        )
        record = Record(
            asset=asset,
            status=Status.PROCESSING,
            steps={"office": Step(), "document": Step(StepStatus.WAITING)},
            updated_at=now,
        )
        self.dynamodb.put_item(TableName="assets", Item=to_item(record))
        return asset

    def record(self, key: str) -> Record:
        found = self.dynamodb.get_item(TableName="assets", Key={"key": {"S": key}})
        return from_item(found["Item"])


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    home, port = tmp_path_factory.mktemp("cloud"), free_port()
    emulator = subprocess.Popen(
        [str(Path(sys.executable).with_name("ministack"))],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={
            **{"PATH": os.defpath, "HOME": str(home), "TMPDIR": str(home)},
            **{"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "LOG_LEVEL": "ERROR"},
            **{"IOT_MTLS_ENABLED": "0", "SFTP_ENABLED": "0"},
        },
    )
    endpoint = f"http://127.0.0.1:{port}"
    try:
        wait_for(port)
        yield Cloud(endpoint)
    finally:
        emulator.terminate()
        emulator.wait(20)


def wait_for(port: int) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError(f"nothing listens on port {port}")


class Function:
    """The image, running as Lambda runs it: a read-only root, no privilege, /tmp of 512 MB."""

    def __init__(self, cloud: Cloud) -> None:
        self.port, api = free_port(), free_port()
        environment = {
            "AWS_ENDPOINT_URL": cloud.endpoint,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_LAMBDA_FUNCTION_TIMEOUT": "120",
            "POWERTOOLS_SERVICE_NAME": "office",
            "TRACED": "false",
            "PLAN": "document:document,office>pdf office:office",
            "ASSETS_TABLE": "assets",
            "MADE_TABLE": "made",
            "ASSETS_TOPIC": cloud.topic,
            "MANIFEST_QUEUE": cloud.manifest_queue,
            "RESULTS_BUCKET": "results",
        }
        self.container = subprocess.run(
            [
                *("docker", "run", "--rm", "--detach", "--network", "host"),
                *("--read-only", "--tmpfs", "/tmp:size=512m", "--user", "993:990"),
                *("--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--memory", "2g"),
                *(f"--env={name}={value}" for name, value in environment.items()),
                *("--entrypoint", "/usr/local/bin/aws-lambda-rie", office_image.NAME),
                *("--runtime-interface-emulator-address", f"127.0.0.1:{self.port}"),
                *("--runtime-api-address", f"127.0.0.1:{api}"),
                *("/usr/bin/python3", "-m", "awslambdaric", "handler.lambda_handler"),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        wait_for(self.port)

    def stop(self) -> None:
        subprocess.run(["docker", "kill", self.container], capture_output=True, check=False)

    def invoke(self, asset: Asset) -> Any:
        source = Source(
            asset.bucket, asset.key, None, asset.kind, asset.content_type, asset.bytes, asset.etag
        )
        event = {
            "Records": [
                {
                    "messageId": asset.asset_id,
                    "receiptHandle": "r",
                    "body": encode(FanOut(asset, source, ("office",))),
                    "attributes": {"ApproximateReceiveCount": "1"},
                    "messageAttributes": {},
                    "eventSource": "aws:sqs",
                    "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:office",
                    "awsRegion": "us-east-1",
                }
            ]
        }
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/2015-03-31/functions/function/invocations",
            json.dumps(event).encode(),
        )
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)


@pytest.fixture(scope="module")
def function(cloud: Cloud) -> Iterator[Function]:
    office_image.engine_with_image()
    running = Function(cloud)
    yield running
    running.stop()


def test_a_document_becomes_a_pdf_and_is_told_on(cloud: Cloud, function: Function) -> None:
    asset = cloud.upload("letters/déjà vu.docx", made.docx(text="from the image 你好"))
    assert function.invoke(asset) == {"batchItemFailures": []}
    stored = cloud.s3.get_object(Bucket="results", Key="pdf/letters/déjà vu.docx.pdf")
    page = pypdfium2.PdfDocument(stored["Body"].read())[0]
    assert "from the image 你好" in page.get_textpage().get_text_bounded()
    record = cloud.record(asset.key)
    assert record.steps["office"].status is StepStatus.COMPLETE
    assert record.steps["document"].status is StepStatus.PENDING
    told = cloud.sqs.receive_message(QueueUrl=cloud.told, WaitTimeSeconds=2)["Messages"][0]
    assert json.loads(told["Body"])["source"]["key"] == "pdf/letters/déjà vu.docx.pdf"


def test_a_locked_document_fails_with_its_reason(cloud: Cloud, function: Function) -> None:
    locked = made.odf(manifest="<manifest:encryption-data/>")
    asset = cloud.upload("secret.odt", locked)
    assert function.invoke(asset) == {"batchItemFailures": []}
    error = cloud.record(asset.key).steps["office"].error
    assert error is not None
    assert error.code == "password_required"


def test_the_image_brings_the_fonts_that_documents_name(cloud: Cloud, function: Function) -> None:
    names = ("Calibri", "Cambria", "Arial", "Times New Roman", "Courier New", "Helvetica")
    body = "".join(
        f'<w:p><w:r><w:rPr><w:rFonts w:ascii="{name}" w:hAnsi="{name}"/></w:rPr>'
        "<w:t>width</w:t></w:r></w:p>"
        for name in names
    )
    asset = cloud.upload("fonts.docx", made.docx(body))
    function.invoke(asset)
    pdf = cloud.s3.get_object(Bucket="results", Key="pdf/fonts.docx.pdf")["Body"].read()
    for font in ("Carlito", "Caladea", "LiberationSans", "LiberationSerif", "LiberationMono"):
        assert font.encode() in pdf
