"""Two stacks in one account, an update of one, and its deletion: whose data is touched?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from emulated import OVERRIDES, ROOT, build, run
from made.loopback import emulator

from mediamill_cli.local.account import CREDENTIALS, REGION, local_stack
from mediamill_cli.local.folder import Server
from mediamill_cli.stack import Stack

DATA = ("UploadsBucket", "ResultsBucket", "AssetsTable")

pytestmark = pytest.mark.e2e


class Account:
    """An emulated account, and what one types to deploy into it."""

    def __init__(self, emulator: Server, built: Path) -> None:
        self.emulator = emulator
        self.built = built

    def sam(self, command: str) -> str:
        return run(
            f"sam {command}",
            AWS_ENDPOINT_URL=self.emulator.endpoint,
            AWS_DEFAULT_REGION=REGION,
            SAM_CLI_POLL_DELAY="0.3",
            **CREDENTIALS,
        )

    def deploy(self, name: str, parameters: str = "") -> dict[str, str]:
        """Deploy; the names of all resources by their logical ones."""
        self.sam(
            f"deploy --config-file {ROOT}/samconfig.toml --template {self.built}/template.yaml "
            f"--stack-name {name} --no-confirm-changeset "
            f'--parameter-overrides "{OVERRIDES} RequireTls=false Tracing=PassThrough {parameters}"'
        )
        found = self.stack(name).cloudformation.describe_stack_resources(StackName=name)
        return {
            resource["LogicalResourceId"]: resource["PhysicalResourceId"]
            for resource in found["StackResources"]
        }

    def deploy_guided(self, name: str, config: Path) -> None:
        """`sam deploy --guided`, its name typed and everything else answered by Return."""
        config.write_text((ROOT / "samconfig.toml").read_text())
        answers = f"{name}\\n{REGION}\\n" + "\\n" * 200  # more than there are parameters
        self.sam(
            f"--version && printf '{answers}' | sam deploy --guided --no-confirm-changeset "
            f"--config-file {config} --template {self.built}/template.yaml"
        )

    def stack(self, name: str) -> Stack:
        return local_stack(self.emulator, name)


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    folder = tmp_path_factory.mktemp("two")
    built = build(folder, finished=False)
    with emulator(folder / "state") as running:
        yield Account(running, built)


def test_two_stacks_share_nothing_and_a_deleted_one_leaves_its_data(account: Account) -> None:
    one, other = account.deploy("one"), account.deploy("other")
    shared = set(one.values()) & set(other.values())
    assert shared <= {"$default"}  # a stage's name, within its own API

    s3 = account.stack("one").s3
    for name in ("UploadsBucket", "ResultsBucket"):
        s3.put_object(Bucket=one[name], Key="kept.txt", Body=b"kept")

    updated = account.deploy("one", "Renditions=small=100 MaxConcurrency=10 LogLevel=WARN")
    assert {name: updated[name] for name in DATA} == {name: one[name] for name in DATA}

    account.sam(f"delete --stack-name one --region {REGION} --no-prompts")
    for name in ("UploadsBucket", "ResultsBucket"):
        assert s3.get_object(Bucket=one[name], Key="kept.txt")["Body"].read() == b"kept"
    tables = account.stack("one").dynamodb.list_tables()["TableNames"]
    assert {one["AssetsTable"], other["AssetsTable"]} <= set(tables)
    assert account.stack("other").status() == "CREATE_COMPLETE"


def test_a_guided_deploy_takes_return_for_every_answer(account: Account, tmp_path: Path) -> None:
    account.deploy_guided("guided", tmp_path / "samconfig.toml")
    assert account.stack("guided").status() == "CREATE_COMPLETE"
    assert account.stack("guided").uploads
    assert "guided" in (tmp_path / "samconfig.toml").read_text()
