"""`sam build`, `sam deploy` to an emulator, then every function by `sam local invoke` in Docker.

SAM's exit code says nothing about errors, time-outs or a lack of memory: its output is read.
"""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from emulated import OVERRIDES, build, emulated, run
from invoke import PREFIX, Outcome, Stage, invoke
from made import malware, office_image, pdf, scan_image
from PIL import Image, ImageOps

from mediamill.aws.items import from_item
from mediamill.aws.table import utc_now
from mediamill.domain.asset import Record
from mediamill.domain.kind import StepStatus
from mediamill.scan.store import Store, published_files
from mediamill_cli.deployed import environment, physical
from mediamill_cli.stack import Stack


@dataclass(frozen=True, slots=True)
class Deployment:
    """What was built, and a stack on the emulator whose functions are not woken by their queues."""

    stack: Stack
    build: Path

    @property
    def stage(self) -> Stage:
        return Stage.of(self.stack)

    def invoke(
        self,
        function: str,
        event: str = "",
        body: bytes | None = None,
        attempt: int = 1,
        **more: Any,
    ) -> tuple[Outcome, str]:
        payload, key = self.stage.prepared(event or function.lower(), body)
        for message in payload.get("Records", ()):
            message["attributes"]["ApproximateReceiveCount"] = str(attempt)
        outcome = invoke(
            self.stack, function, payload, build=self.build, overrides=OVERRIDES, **more
        )
        print(f"{function}: {outcome.answer} {outcome.report}")
        print("\n".join(f"  made {made}" for made in self.stage.made(key)))
        return outcome, key

    def result(self, key: str) -> bytes:
        return self.stack.s3.get_object(Bucket=self.stack.results, Key=key)["Body"].read()

    def record(self, key: str) -> Record:
        answer = self.stack.dynamodb.get_item(
            TableName=self.stage.table, Key={"key": {"S": key}}, ConsistentRead=True
        )
        return from_item(answer["Item"])

    def messages(self, queue: str, wait: int = 2) -> list[dict[str, Any]]:
        """The messages that are in a queue, which they leave."""
        url, found = physical(self.stack, queue), []
        while answer := self.stack.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=wait
        ).get("Messages"):
            for message in answer:
                found.append(json.loads(message["Body"]))
                self.stack.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("docker")
    print(run("scripts/lambda_base.sh"))
    built = build(folder)
    with emulated(built, folder / "state") as stack:
        yield Deployment(stack, built)


def test_ingest_recognises_a_photo_and_tells_the_workers(deployment: Deployment) -> None:
    outcome, key = deployment.invoke("Ingest")
    assert outcome.succeeded, outcome.output
    record = deployment.record(key)
    assert record.asset.content_type == "image/jpeg"
    assert set(record.steps) == {"image", "metadata"}
    for queue in ("ImageQueue", "MetadataQueue"):
        (told,) = deployment.messages(queue)
        assert told["asset"]["key"] == key
    assert deployment.messages("DocumentQueue", wait=0) == []


def test_ingest_takes_an_upload_that_eventbridge_tells_of(deployment: Deployment) -> None:
    outcome, key = deployment.invoke("Ingest", "ingest-eventbridge")
    assert outcome.succeeded, outcome.output
    assert deployment.record(key).asset.content_type == "image/jpeg"
    for queue in ("ImageQueue", "MetadataQueue"):
        deployment.messages(queue)


def test_image_makes_the_renditions(deployment: Deployment) -> None:
    outcome, key = deployment.invoke("Image")
    assert outcome.succeeded, outcome.output
    for name, side in (("thumbnail", 256), ("medium", 800), ("large", 1920)):
        picture = Image.open(io.BytesIO(deployment.result(f"{name}/{key}.webp")))
        assert picture.format == "WEBP"
        assert max(picture.size) == side
        assert picture.width > picture.height  # as it is displayed: the sample lies on its side
    assert deployment.record(key).steps["image"].status is StepStatus.COMPLETE
    (handed,) = deployment.messages("ManifestQueue")
    assert handed["key"] == key


def test_metadata_describes_a_video(deployment: Deployment) -> None:
    outcome, key = deployment.invoke("Metadata")
    assert outcome.succeeded, outcome.output
    described = json.loads(deployment.result(f"metadata/{key}.json"))
    assert (described["width"], described["height"]) == (640, 360)
    assert described["duration"] == pytest.approx(2.0, abs=0.1)
    deployment.messages("ManifestQueue")


def test_document_makes_pages_text_and_renditions(deployment: Deployment) -> None:
    outcome, key = deployment.invoke("Document")
    assert outcome.succeeded, outcome.output
    assert "Every original stays" in deployment.result(f"text/{key}.txt").decode()
    for page in (1, 2, 3):
        Image.open(io.BytesIO(deployment.result(f"pages/{key}/{page:04}.webp"))).verify()
    assert Image.open(io.BytesIO(deployment.result(f"thumbnail/{key}.webp"))).size[1] == 256
    deployment.messages("ManifestQueue")


def test_document_reads_the_pdf_of_an_office_file(deployment: Deployment) -> None:
    outcome, key = deployment.invoke("Document", "document-of-office")
    assert outcome.succeeded, outcome.output
    assert deployment.result(f"thumbnail/{key}.webp")
    deployment.messages("ManifestQueue")


def test_manifest_says_what_was_made(deployment: Deployment) -> None:
    outcome, key = deployment.invoke("Manifest")
    assert outcome.succeeded, outcome.output
    manifest = json.loads(deployment.result(f"manifest/{key}.json"))
    assert manifest["key"] == key
    assert manifest["status"] == "complete"


def test_text_is_drawn_though_the_runtime_has_no_fonts(deployment: Deployment) -> None:
    markup = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="400" height="60">'
        '<text x="5" y="40" font-size="30" font-family="Helvetica">Every mill, Жук</text></svg>'
    )
    unembedded = pdf.document([pdf.line("Every mill", size=24)])
    for function, original in (("Image", markup.encode()), ("Document", unembedded)):
        outcome, key = deployment.invoke(function, body=original)
        assert outcome.succeeded, outcome.output
        picture = Image.open(io.BytesIO(deployment.result(f"medium/{key}.webp"))).convert("RGBA")
        paper = Image.new("RGBA", picture.size, "white")
        box = ImageOps.invert(Image.alpha_composite(paper, picture).convert("L")).getbbox()
        assert box is not None, function
        assert box[2] - box[0] > picture.width / 3, function
        deployment.messages("ManifestQueue")


def rooted(image: str) -> str:
    """The same image run by root: SAM puts its emulator into it by commands that need that.

    That the function works as nobody in particular, and with a read-only root, is tested without
    SAM.
    """
    name = f"{image}-for-sam"
    subprocess.run(
        ["docker", "build", "--quiet", "--tag", name, "-"],
        input=f"FROM {image}\nUSER root\n".encode(), capture_output=True, check=True,
    )  # fmt: skip
    return name


def test_office_makes_a_pdf_in_its_image(deployment: Deployment) -> None:
    office_image.engine_with_image()
    for_sam = rooted(office_image.NAME)
    variables = environment(deployment.stack, "DocumentFunction")
    variables |= {"POWERTOOLS_SERVICE_NAME": "office", "MAX_OFFICE_PAGES": "100"}
    outcome, key = deployment.invoke("OfficeImage", "office", variables=variables, ImageUri=for_sam)
    assert outcome.succeeded, outcome.output
    with pypdfium2.PdfDocument(deployment.result(f"pdf/{key}.pdf")) as pdf:
        assert "one grain" in pdf[0].get_textpage().get_text_range()


def test_scan_finds_what_the_published_definitions_name_in_its_image(
    deployment: Deployment, tmp_path: Path
) -> None:
    for_sam, bucket = rooted(scan_image.built()), "definitions-for-the-image"
    deployment.stack.s3.create_bucket(Bucket=bucket)
    store = Store(bucket, deployment.stack.s3)
    store.publish(published_files(malware.definitions(tmp_path / "published")), utc_now())
    variables = environment(deployment.stack, "MetadataFunction")
    variables |= {"POWERTOOLS_SERVICE_NAME": "scan", "PLAN": "scan:*! metadata:*"}
    variables |= {"DEFINITIONS_BUCKET": bucket}
    for body, status in (
        (malware.zipped(malware.EICAR), StepStatus.FAILED),
        (malware.zipped(b"a file of words"), StepStatus.COMPLETE),
    ):
        outcome, key = deployment.invoke(
            "ScanImage", "scan", body=body, variables=variables, ImageUri=for_sam
        )
        assert outcome.succeeded, outcome.output
        step = deployment.record(key).steps["scan"]
        assert step.status is status
        assert step.is_refusal is (status is StepStatus.FAILED)
    deployment.messages("ManifestQueue")


def test_a_function_that_takes_too_long_is_ended(deployment: Deployment) -> None:
    outcome, key = deployment.invoke("Image", Timeout=1, body=poster(11_000))
    assert not outcome.succeeded
    assert "timed out after 1 seconds" in outcome.output
    assert deployment.record(key).steps["image"].status is StepStatus.PENDING  # it comes again


def test_a_picture_that_the_memory_cannot_hold_is_refused_and_ends_nothing(
    deployment: Deployment,
) -> None:
    payload, key = deployment.stage.prepared("image-last-try", poster(9_000))
    outcome = invoke(
        deployment.stack, "Image", payload, build=deployment.build, overrides=OVERRIDES,
        MemorySize=128, Timeout=10,
    )  # fmt: skip
    assert outcome.succeeded, outcome.output
    step = deployment.record(key).steps["image"]
    assert step.status is StepStatus.FAILED
    assert step.error is not None
    assert step.error.code == "too_many_pixels"


def test_a_message_that_no_worker_ever_had_is_asked_for_again_by_the_sweep(
    deployment: Deployment,
) -> None:
    payload, key = deployment.stage.prepared("image-last-try", poster(100))
    deployment.messages("ImageQueue")
    (letter,) = payload["Records"]  # where its queue would put it now
    deployment.stack.sqs.send_message(
        QueueUrl=physical(deployment.stack, "ImageDeadLetters"), MessageBody=letter["body"]
    )
    outcome, _ = deployment.invoke("Sweep")
    assert outcome.succeeded, outcome.output
    assert deployment.record(key).steps["image"].status is StepStatus.PENDING
    (again,) = deployment.messages("ImageQueue")
    assert (again["asset"]["key"], again["steps"]) == (key, ["image"])
    assert deployment.messages("ImageDeadLetters") == []


def poster(side: int) -> bytes:
    """A picture whose pixels need `side` × `side` × 4 bytes: fewer than the limit on pixels."""
    packed = io.BytesIO()
    Image.new("RGBA", (side, min(side, 9_000)), (90, 40, 20, 128)).save(packed, "PNG")
    return packed.getvalue()


def test_what_the_samples_are_called_is_nobodys(deployment: Deployment) -> None:
    assert all(f"/{PREFIX}" in key for key in deployment.stage.made(PREFIX))
