"""Run one function as Lambda would, in Docker, on its sample event, against a deployed stack.

    make invoke FUNCTION=Image [EVENT=image-last-try]      the local stack, if `mediamill up` runs
    .venv/bin/python scripts/invoke.py Image --stack mediamill --region eu-central-1      on AWS

The payload in events/ is filled with the stack's names; the file it tells of is uploaded as
sam-local/…, with its record, and taken away again unless --keep is given. The function itself runs
by `sam local invoke` from what `sam build` made, with the environment of the deployed one.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, urlsplit

from samcli.yamlhelper import yaml_dump, yaml_parse  # type: ignore[import-untyped]

from mediamill.aws.items import to_item
from mediamill.aws.messages import Delivery, FanOut, HandOver, encode, fan_out, hand_over
from mediamill.domain.asset import Asset, Offer, Record, Step, asset_id_of
from mediamill.domain.kind import Kind, Status, StepStatus
from mediamill_cli.choice import find_stack
from mediamill_cli.deployed import environment, physical
from mediamill_cli.errors import Failure
from mediamill_cli.local import docker, relay
from mediamill_cli.stack import Stack

ROOT = Path(__file__).resolve().parent.parent
EVENTS = ROOT / "events"
PREFIX = "sam-local/"  # so that nothing of anybody's is written over
SILENCE = "no answer"  # of a function that was ended; `null` is an answer
LATEST = "F" * 32  # a sequencer that no event comes after: the deployed functions leave it alone


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an invocation came to: the function's answer if it gave one, and all that was said."""

    answer: Any
    output: str
    key: str = ""
    seconds: float = 0.0
    said: Mapping[str, str] = field(default_factory=dict)

    @property
    def succeeded(self) -> bool:
        """Whether every message was done, or a schedule's work; SAM's exit code does not say."""
        if self.answer is None:
            return True  # what a schedule's handler answers
        if isinstance(self.answer, dict) and "statusCode" in self.answer:  # an HTTP call's
            return bool(self.answer["statusCode"] < 500)
        return isinstance(self.answer, dict) and self.answer.get("batchItemFailures") == []

    @property
    def report(self) -> str:
        """Lambda's last line: duration and memory."""
        found = re.findall(r"^REPORT .*$", self.output, flags=re.MULTILINE)
        return found[-1].strip() if found else ""


# ── Samples ──────────────────────────────────────────────────────────────────────────────────


def sample(key: str) -> bytes:
    """The bytes of the sample file that the events call `key`."""
    if key.endswith(".docx"):
        return letter()
    import samples  # draws with Pillow and PyAV: only where one is needed

    path = ROOT / ".build" / "samples" / key
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        samples.SAMPLES[key](path)
    return path.read_bytes()


def letter() -> bytes:
    """A Word file of one sentence."""
    office = "http://schemas.openxmlformats.org"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{office}/package/2006/content-types"><Default '
        'Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-'
        'officedocument.wordprocessingml.document.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{office}/package/2006/relationships"><Relationship '
        f'Id="rId1" Type="{office}/officeDocument/2006/relationships/officeDocument" '
        'Target="word/document.xml"/></Relationships>',
        "word/document.xml": f'<w:document xmlns:w="{office}/wordprocessingml/2006/main"><w:body>'
        "<w:p><w:r><w:t>Every mill begins with one grain.</w:t></w:r></w:p></w:body></w:document>",
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{text}')
    return packed.getvalue()


# ── The event, and what it tells of ──────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Stage:
    """A stack's buckets and tables, on which what an event tells of is put."""

    stack: Stack
    table: str
    made_table: str

    @classmethod
    def of(cls, stack: Stack) -> Stage:
        """The stage that a deployed stack is."""
        return cls(stack, physical(stack, "AssetsTable"), physical(stack, "MadeTable"))

    def prepared(self, name: str, body: bytes | None = None) -> tuple[dict[str, Any], str]:
        """The payload events/`name`.json with real names, and the key of the file it tells of.

        The file is uploaded (`body`, or the sample), and its record says that this function's step
        is still to be done.
        """
        event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
        key = ""
        for record in event.get("Records", ()):  # a schedule's event tells of no file
            told = json.loads(record["body"])
            if "detail" in told:  # of EventBridge, where a key is as it is
                key = self._put_in(told["detail"], body)
                record["body"] = json.dumps(told)
            elif "Records" in told:
                for happened in told["Records"]:
                    key = self._upload_in(happened, body)
                record["body"] = json.dumps(told)
            elif "source" in told:
                message = fan_out(Delivery("", 1, told))
                message = self._fan_out(message, name.split("-")[0], body)
                record["body"], key = encode(message), message.asset.key
            elif "asset_id" in told:
                handed = hand_over(Delivery("", 1, told))
                asset = self._asset(handed.key, Kind.IMAGE, "image/jpeg", body)
                self._write(asset, {"image": Step(StepStatus.COMPLETE)})
                record["body"], key = encode(HandOver(asset.key, asset.asset_id)), asset.key
        return event, key

    def clear(self, key: str) -> None:
        """Take a file, its record and what was made of it away."""
        if not key.startswith(PREFIX):
            return
        self.stack.dynamodb.delete_item(TableName=self.table, Key={"key": {"S": key}})
        for item in self._made_items(key):
            self.stack.dynamodb.delete_item(TableName=self.made_table, Key=item)
        self.stack.s3.delete_object(Bucket=self.stack.uploads, Key=key)
        for made in self.made(key):
            self.stack.s3.delete_object(Bucket=self.stack.results, Key=made)

    def made(self, key: str) -> list[str]:
        """The keys in the results bucket that were made of a file."""
        pages = self.stack.s3.get_paginator("list_objects_v2").paginate(Bucket=self.stack.results)
        return [found["Key"] for page in pages for found in page.get("Contents", ())
                if f"/{key}" in found["Key"]]  # fmt: skip

    def _made_items(self, key: str) -> list[Any]:
        """What the made table holds of a key, by the items' own keys."""
        answer = self.stack.dynamodb.query(
            TableName=self.made_table,
            KeyConditionExpression="#key = :key",
            ExpressionAttributeNames={"#key": "key"},
            ExpressionAttributeValues={":key": {"S": key}},
        )
        return [{name: item[name] for name in ("key", "made")} for item in answer["Items"]]

    def _upload_in(self, happened: dict[str, Any], body: bytes | None) -> str:
        stored = happened["s3"]["object"]
        key = f"{PREFIX}{stored['key']}"
        self.clear(key)
        content = body or sample(stored["key"])
        answer = self.stack.s3.put_object(Bucket=self.stack.uploads, Key=key, Body=content)
        happened["s3"]["bucket"]["name"] = self.stack.uploads
        stored["key"] = quote_plus(key, safe="/")
        stored["versionId"], stored["eTag"] = answer["VersionId"], answer["ETag"].strip('"')
        stored["size"] = len(content)
        return key

    def _put_in(self, detail: dict[str, Any], body: bytes | None) -> str:
        stored = detail["object"]
        key = f"{PREFIX}{stored['key']}"
        self.clear(key)
        answer = self.stack.s3.put_object(
            Bucket=self.stack.uploads, Key=key, Body=body or sample(stored["key"])
        )
        detail["bucket"]["name"], stored["key"] = self.stack.uploads, key
        stored["version-id"] = answer["VersionId"]
        return key

    def _fan_out(self, message: FanOut, step: str, body: bytes | None) -> FanOut:
        asset = self._asset(message.asset.key, message.asset.kind, message.asset.content_type, body)
        source, offer = message.source, None
        if source.bucket == message.asset.bucket:
            source = replace(
                source, bucket=asset.bucket, key=asset.key, version_id=asset.version_id,
                etag=asset.etag, bytes=asset.bytes,
            )  # fmt: skip
        else:  # a PDF that the office worker made
            pdf = sample("documents/report.pdf")
            key = f"pdf/{asset.key}.pdf"
            put = self.stack.s3.put_object(Bucket=self.stack.results, Key=key, Body=pdf)
            source = replace(
                source, bucket=self.stack.results, key=key, bytes=len(pdf),
                version_id=put["VersionId"], etag=put["ETag"].strip('"'),
            )  # fmt: skip
            offer = Offer(key, "pdf", len(pdf), source.version_id, str(source.etag))
        self._write(asset, {step: Step(source=offer)})
        return replace(message, asset=asset, source=source, steps=(step,))

    def _asset(self, name: str, kind: Kind, content_type: str, body: bytes | None) -> Asset:
        """Upload a sample; what ingest would find of it.

        Its record is there before it, and later than any event: a deployed ingest passes it over.
        """
        content, key = body or sample(name), PREFIX + name
        asset = Asset(
            asset_id="0" * 32, bucket=self.stack.uploads, key=key, version_id=None, etag="",
            sequencer=LATEST, bytes=len(content), kind=kind, content_type=content_type,
            created_at=time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime()),
        )  # fmt: skip
        self.clear(key)
        self._write(asset, {})
        put = self.stack.s3.put_object(
            Bucket=asset.bucket, Key=key, Body=content, ContentType=content_type
        )
        etag, version = put["ETag"].strip('"'), put["VersionId"]
        identity = asset_id_of(
            asset.bucket, key, version_id=version, etag=etag, sequencer=asset.sequencer
        )
        return replace(asset, asset_id=identity, version_id=version, etag=etag)

    def _write(self, asset: Asset, steps: Mapping[str, Step]) -> None:
        record = Record(asset, Status.PROCESSING, dict(steps), revision=1)
        self.stack.dynamodb.put_item(TableName=self.table, Item=to_item(record))


# ── The invocation ───────────────────────────────────────────────────────────────────────────


def template_for(build: Path, logical: str, variables: Mapping[str, str], **more: Any) -> Path:
    """A copy of the built template in which one function has these variables and properties.

    SAM sets no variable that a template does not declare; the endpoint is one of those.
    """
    document = yaml_parse((build / "template.yaml").read_text())
    function = document["Resources"][logical]
    function.pop("Condition", None)
    function["Properties"] |= {**more, "Environment": {"Variables": dict(variables)}}
    document["Resources"] = {
        name: resource
        for name, resource in document["Resources"].items()
        if name == logical or resource["Type"] == "AWS::Serverless::LayerVersion"
    }
    for part in ("Outputs", "Rules"):
        document.pop(part, None)
    path = build / f"invoke-{logical}.yaml"
    path.write_text(yaml_dump(document))
    return path


def invoke(
    stack: Stack,
    function: str,
    event: Mapping[str, Any],
    *,
    build: Path = ROOT / ".aws-sam" / "build",
    overrides: str = "",
    variables: Mapping[str, str] | None = None,
    **properties: Any,
) -> Outcome:
    """Run <function>Function on `event` in Docker; `properties` replace those of the template.

    Its environment is `variables`, or else the one of the deployed function.
    """
    logical = f"{function}Function"
    variables = dict(environment(stack, logical) if variables is None else variables)
    inherited = {**os.environ}  # noqa: TID251  what Docker and SAM need of ours
    inherited["SAM_CLI_TELEMETRY"] = "0"
    endpoint = reachable(stack.endpoint)
    if endpoint is not None and stack.endpoint is not None:
        variables |= {"AWS_ENDPOINT_URL": endpoint}
        credentials = stack.session.get_credentials()
        assert credentials is not None and stack.session.region_name is not None
        inherited |= {
            "AWS_ENDPOINT_URL": endpoint,  # SAM prefers it to the template's
            "AWS_ENDPOINT_URL_STS": endpoint,
            "AWS_ACCESS_KEY_ID": credentials.access_key or "",
            "AWS_SECRET_ACCESS_KEY": credentials.secret_key or "",
        }
    template = template_for(build, logical, variables, **properties)
    command = [sam(), "local", "invoke", logical, "--template", str(template), "--event", "-"]
    command += ["--region", str(stack.session.region_name), "--skip-pull-image"]
    if overrides:
        command += ["--parameter-overrides", overrides]
    started = time.monotonic()
    run = subprocess.run(
        command,
        cwd=ROOT,
        env=inherited,
        input=json.dumps(event),
        capture_output=True,
        text=True,
    )
    seconds = time.monotonic() - started
    template.unlink()
    return Outcome(last_json(run.stdout), run.stdout + run.stderr, seconds=seconds)


def last_json(output: str) -> Any:
    """The function's answer: the last line of output that is JSON; SILENCE where there is none."""
    for line in reversed(output.splitlines()):
        try:
            return json.loads(line)
        except ValueError:
            continue
    return SILENCE


def sam() -> str:
    """Where the SAM CLI is: beside this Python, or on the PATH."""
    beside = Path(sys.executable).parent / "sam"
    return str(beside) if beside.exists() else (shutil.which("sam") or "sam")


# ── From a container to a loopback port ──────────────────────────────────────────────────────


@cache
def reachable(endpoint: str | None) -> str | None:
    """An address at which a container reaches this endpoint of ours, as long as we run.

    The local stack listens on loopback only. A container sees the host at its bridge's gateway: so
    that address gets a port that leads to the endpoint. An IP address, because S3's clients would
    put the bucket's name in front of a name.
    """
    address = urlsplit(endpoint or "")
    if address.hostname not in ("127.0.0.1", "localhost"):
        return endpoint
    engine = docker.find()
    if engine is None:
        raise Failure("Docker does not answer.", do="Start it, then try again.")
    gateway, bridge = engine.addresses("bridge")
    _, port = relay.open_door((gateway, 0), (address.hostname, address.port or 80), bridge)
    return f"http://{gateway}:{port}"


def prepare(folder: Path, function: str, event: Any, variables: Mapping[str, str]) -> int:
    """Write what SAM's own command needs, and say the command."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "event.json").write_text(json.dumps(event, indent=2) + "\n")
    (folder / "environment.json").write_text(
        json.dumps({"Parameters": dict(variables)}, indent=2) + "\n"
    )
    print(
        f"sam local invoke {function}Function --event {folder}/event.json "
        f"--env-vars {folder}/environment.json"
    )
    return 0


def main() -> int:
    """Invoke, show what was said and made; 1 if the function did not do its work."""
    parser = argparse.ArgumentParser(description="Run one function in Docker on a sample event.")
    parser.add_argument("function", help="Ingest, Image, Metadata, Document, Office …")
    parser.add_argument("--event", help="a file's name in events/ (default: the function's)")
    parser.add_argument("--stack", help="a stack on AWS (default: the local one)")
    parser.add_argument("--profile")
    parser.add_argument("--region")
    parser.add_argument("--build-dir", type=Path, default=ROOT / ".aws-sam" / "build")
    parser.add_argument("--parameter-overrides", default="", metavar="NAME=VALUE …")
    parser.add_argument(
        "--prepare", type=Path, metavar="FOLDER",
        help="invoke nothing; write event.json and environment.json for `sam local invoke`",
    )  # fmt: skip
    parser.add_argument("--keep", action="store_true", help="leave the file and its results")
    wanted = parser.parse_args()
    try:
        stack = find_stack(wanted.stack, wanted.profile, wanted.region, None)
        stage = Stage.of(stack)
        event, key = stage.prepared(wanted.event or wanted.function.lower())
        if wanted.prepare:
            told = environment(stack, f"{wanted.function}Function")
            return prepare(wanted.prepare, wanted.function, event, told)
        outcome = invoke(
            stack, wanted.function, event,
            build=wanted.build_dir, overrides=wanted.parameter_overrides,
        )  # fmt: skip
    except Failure as failure:
        sys.exit(str(failure))
    print(outcome.output.strip())
    for made in stage.made(key) if key else ():
        print(f"made  s3://{stack.results}/{made}")
    if not wanted.keep:
        stage.clear(key)
    print("succeeded" if outcome.succeeded else "FAILED: see above")
    return 0 if outcome.succeeded else 1


if __name__ == "__main__":
    sys.exit(main())
