"""An app's day: a user with a token, and nothing of AWS, uploads, waits, looks and deletes."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from made.pdf import document, line
from made.pictures import jpeg
from made.pipeline import Pipeline, until
from made.web import Issuer, issuer

from mediamill_client import Client, Problem, bearer

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
LARGE = 300_000_000
PART = 16_000_000


@pytest.fixture(scope="module")
def tokens(pipeline: Pipeline) -> Iterator[Issuer]:
    """The stack takes tokens of this issuer, and each user sees their own folder."""
    before = pipeline.stack.parameters()
    with issuer() as made:
        pipeline.given(
            ApiAccess="jwt",
            JwtIssuer=made.address,
            JwtAudience="app",
            ApiPrefix="users/{sub}/",
        )
        yield made
        pipeline.given(**before)


class TrainInATunnel(Exception):
    """The connection is gone, and the app with it."""


def test_an_apps_day(pipeline: Pipeline, tokens: Issuer, tmp_path: Path) -> None:
    def app() -> Client:
        token = bearer(lambda: tokens.token(sub="erin"))
        return Client(pipeline.stack.api, token, state=tmp_path / "state")

    (tmp_path / "cat.jpg").write_bytes(jpeg(1200, 800))
    (tmp_path / "contract.pdf").write_bytes(document([line("Twelve months")]))
    (tmp_path / "notes.txt").write_text("buy milk")
    with (tmp_path / "film.bin").open("wb") as film:
        film.write(b"a film of nothing")
        film.truncate(LARGE)

    keys = [app().upload(tmp_path / name) for name in ("cat.jpg", "contract.pdf", "notes.txt")]
    assert keys[0] == "users/erin/cat.jpg"

    def into_the_tunnel(there: int, of: int) -> None:
        if there > LARGE / 2:
            raise TrainInATunnel

    with pytest.raises(TrainInATunnel):
        app().upload(tmp_path / "film.bin", progress=into_the_tunnel)
    told: list[int] = []
    keys.append(app().upload(tmp_path / "film.bin", progress=lambda there, of: told.append(there)))
    assert told[0] >= LARGE / 2 - 5 * PART  # what was there was not sent again
    assert told[-1] == LARGE

    assets = [app().wait(key, seconds=120) for key in keys]
    assert [asset.status for asset in assets] == ["complete"] * 4
    assert [asset.bytes for asset in assets][3] == LARGE

    srcset = app().srcset("users/erin/cat.jpg")
    assert len(srcset.split(", ")) == 3
    for address in [each.split(" ")[0] for each in srcset.split(", ")]:
        with urllib.request.urlopen(address) as picture:
            assert picture.headers["Content-Type"] == "image/webp"
    with urllib.request.urlopen(app().picture("users/erin/contract.pdf", 300, dpr=2)) as page:
        assert page.read(4) == b"RIFF"
    with urllib.request.urlopen(app().deliver("users/erin/contract.pdf", "text")) as text:
        assert b"Twelve months" in text.read()

    assert sorted(row.key for row in app().assets(page=3)) == sorted(keys)

    bob = Client(pipeline.stack.api, bearer(tokens.token(sub="bob")), state=tmp_path / "bob")
    assert list(bob.assets()) == []
    for meddle in (bob.asset, bob.delete, bob.wait, bob.srcset):
        with pytest.raises(Problem, match="403 forbidden"):
            meddle(keys[0])

    for key in keys:
        app().delete(key)
    until(lambda: not list(app().assets()), "the list to be empty")
    until(lambda: not any(pipeline.results(key) for key in keys), "what was made to be gone")


def example(language: str) -> str:
    """The longest example of a language in docs/clients.md."""
    page = (ROOT / "docs" / "clients.md").read_text()
    blocks = re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    return str(max(blocks, key=len))


def shown(command: list[str], folder: Path) -> list[str]:
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=180)
    assert run.returncode == 0, run.stderr
    return run.stdout.splitlines()


def test_the_example_in_python_does_what_it_says(
    pipeline: Pipeline, tokens: Issuer, tmp_path: Path
) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(jpeg(1200, 800))
    given = f"url, token = {pipeline.stack.api!r}, {tokens.token(sub='frida')!r}\n"
    lines = shown([sys.executable, "-c", given + example("python")], tmp_path)
    assert "exists" in lines
    assert any(line.startswith("complete http") for line in lines)
    assert any(line.startswith("users/frida/cat.jpg complete ") for line in lines)


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not here")
def test_the_example_in_javascript_does_what_it_says(
    pipeline: Pipeline, tokens: Issuer, tmp_path: Path
) -> None:
    shutil.copy(ROOT / "clients" / "js" / "mediamill.js", tmp_path)
    (tmp_path / "cat.jpg").write_bytes(jpeg(1200, 800))
    told = json.dumps([pipeline.stack.api, tokens.token(sub="gustav")])
    given = f"""
import {{ readFileSync }} from "node:fs";
const [url, accessToken] = {told};
const session = {{ accessToken }};
const file = new Blob([readFileSync("cat.jpg")], {{ type: "image/jpeg" }});
"""
    (tmp_path / "page.mjs").write_text(given + example("js"))
    lines = shown(["node", "page.mjs"], tmp_path)
    assert "exists" in lines
    assert any(line.startswith("complete http") for line in lines)
    assert "users/gustav/photos/cat.jpg" in lines
