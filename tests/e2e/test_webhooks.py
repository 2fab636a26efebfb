"""Webhooks of a deployed stack: uploads in, signed messages out, and the command around them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from made.pictures import jpeg
from made.pipeline import Pipeline, until
from made.receivers import Heard, Listening, answer, listening
from standardwebhooks import Webhook

from mediamill_cli.local import LocalStack
from mediamill_cli.local.office import Office

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
MEDIAMILL = Path(sys.executable).with_name("mediamill")

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def hook() -> Iterator[Listening]:
    with listening() as made:
        yield made


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory, hook: Listening) -> Iterator[Pipeline]:
    """A stack that tells two receivers of finished assets."""
    local = LocalStack(
        ROOT,
        office=Office.NONE,
        state_dir=tmp_path_factory.mktemp("webhooks"),
        port=0,
        parameters={"WebhookUrls": f"{hook.url}/one,{hook.url}/two"},
    )
    with local as stack:
        yield Pipeline(stack, local)


@pytest.fixture
def mediamill(pipeline: Pipeline, tmp_path: Path) -> Run:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(MEDIAMILL), *arguments, "--state", str(pipeline.local.folder.root)]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=180)

    return run


def heard_of(hook: Listening, key: str, path: str) -> list[Heard]:
    return [each for each in hook.heard if key.encode() in each.body and each.path == path]


def test_every_receiver_is_told_of_a_finished_asset(
    pipeline: Pipeline, hook: Listening, mediamill: Run
) -> None:
    secret = mediamill("webhooks", "secret").stdout.strip()
    assert secret.startswith("whsec_")
    pipeline.put("photos/cat.jpg", jpeg(300, 200))
    for path in ("/one", "/two"):
        (heard,) = until(partial(heard_of, hook, "cat.jpg", path), f"{path} to hear")
        told = Webhook(secret).verify(heard.body, dict(heard.headers))
        assert (told["type"], told["data"]["key"]) == ("asset.complete", "photos/cat.jpg")
        assert told["data"]["manifest"] == "manifest/photos/cat.jpg.json"


def test_who_does_not_take_it_gets_it_again_while_the_other_has_it_once(
    pipeline: Pipeline, hook: Listening
) -> None:
    hook.say = lambda handler: answer(
        handler, 503 if handler.path == "/two" and len(heard_of(hook, "dog", "/two")) < 2 else 204
    )
    pipeline.put("dog.jpg", jpeg(300, 200))
    until(lambda: len(heard_of(hook, "dog.jpg", "/two")) == 2, "the second try")
    assert len(heard_of(hook, "dog.jpg", "/one")) == 1
    first, second = heard_of(hook, "dog.jpg", "/two")
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
