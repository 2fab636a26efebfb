"""What is shipped: `sam build` and its finish, for both processors, weighed and looked through."""

from __future__ import annotations

import ast
import hashlib
import re
import shutil
import subprocess
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection

ROOT = Path(__file__).parents[2]
BIN = ROOT / ".venv" / "bin"

BUDGET_MB = {
    f"{path.parent.name.capitalize()}Function": budget["megabytes"]
    for path in sorted((ROOT / "functions").glob("*/budget.toml"))
    if "megabytes" in (budget := tomllib.loads(path.read_text()))
}
"""Unpacked, with the layer: each function's own folder says how much."""

GLIBC = (2, 34)  # Amazon Linux 2023, which Lambda's python3.12 and later run on
MACHINES = {"arm64": "EM_AARCH64", "x86_64": "EM_X86_64"}
BROUGHT = ("boto3", "botocore", "s3transfer", "jmespath", "urllib3")  # by Lambda's runtime

pytestmark = pytest.mark.skipif(
    not (BIN / "sam").exists() or not (BIN / "uv").exists(), reason="make setup installs sam and uv"
)


def built(folder: Path, architecture: str) -> Path:
    """A build of the whole template for python3.13, finished, in a folder of its own."""
    build = folder / "build"
    overrides = f"Runtime=python3.13 Architecture={architecture}"
    sam = f"{BIN}/sam build --build-dir {build} --cache-dir {folder}/cache"
    run_in_project(f'{sam} --parameter-overrides "{overrides}"')
    run_in_project(f"{BIN}/python {ROOT}/scripts/finish.py --build-dir {build}")
    return build


def run_in_project(command: str) -> None:
    prepared = f'export PATH="{BIN}:$PATH" SAM_CLI_TELEMETRY=0; {command}'
    run = subprocess.run(["sh", "-c", prepared], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.fixture(scope="session")
def builds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {name: built(tmp_path_factory.mktemp(name), name) for name in MACHINES}


@pytest.fixture(params=list(MACHINES))
def architecture(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def entries(archive: Path) -> dict[str, int]:
    with zipfile.ZipFile(archive) as packed:
        return {entry.filename: entry.file_size for entry in packed.infolist()}


def shared_objects(build: Path) -> Iterator[Path]:
    yield from (path for path in build.rglob("*.so*") if path.is_file())


def glibc_needed(path: Path) -> tuple[int, ...]:
    """The newest GLIBC_x.y that a shared object asks for."""
    needed: list[tuple[int, ...]] = [(0,)]
    with path.open("rb") as file:
        for section in ELFFile(file).iter_sections():
            if isinstance(section, GNUVerNeedSection):
                for _, wanted in section.iter_versions():
                    for version in wanted:
                        if found := re.fullmatch(r"GLIBC_(\d+(?:\.\d+)+)", version.name):
                            needed.append(tuple(map(int, found[1].split("."))))
    return max(needed)


@pytest.mark.parametrize("function", BUDGET_MB)
def test_a_function_with_its_layer_is_within_its_budget(
    function: str, architecture: str, builds: dict[str, Path]
) -> None:
    build = builds[architecture]
    layer = sum(entries(build / "CoreLayer.zip").values())
    own = sum(entries(build / f"{function}.zip").values())
    megabytes = (layer + own) / 1e6
    print(f"{function} {architecture}: {megabytes:.1f} of {BUDGET_MB[function]} MB")
    assert megabytes <= BUDGET_MB[function]


def modules(names: dict[str, int]) -> set[str]:
    """The modules and packages in an archive, by their dotted names."""
    files = {name.removesuffix(".py").removesuffix("/__init__") for name in names}
    shared = {re.sub(r"\.(abi3|cpython)[^/]*\.so$|\.so$", "", name) for name in names}
    return {name.removeprefix("python/").replace("/", ".") for name in files | shared}


def imported(source: str) -> Iterator[str]:
    """The modules that a module asks for, at its start or later."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


@pytest.mark.parametrize("function", BUDGET_MB)
def test_what_a_function_imports_of_what_it_has_was_not_left_out(
    function: str, architecture: str, builds: dict[str, Path]
) -> None:
    own, core = builds[architecture] / f"{function}.zip", builds[architecture] / "CoreLayer.zip"
    there = modules(entries(own)) | modules(entries(core))
    packages = {name.partition(".")[0] for name in there}
    with zipfile.ZipFile(own) as code, zipfile.ZipFile(core) as layer:
        sources = {"handler": code.read("handler.py").decode()} | {
            name.removesuffix(".py")
            .removesuffix("/__init__")
            .removeprefix("python/")
            .replace("/", "."): layer.read(name).decode()
            for name in layer.namelist()
            if name.endswith(".py")
        }
    seen, ahead = set(), ["handler"]
    while ahead:
        name = ahead.pop()
        for asked in imported(sources[name]):
            if asked.partition(".")[0] in packages:
                assert asked in there, f"{name} imports {asked}"
            if asked in sources and asked not in seen:
                seen.add(asked)
                ahead.append(asked)
    assert len(seen) > 5


def test_every_function_has_a_budget(builds: dict[str, Path]) -> None:
    template = (ROOT / "template.yaml").read_text()
    functions = set(re.findall(r"^  (\w+Function):$", template, flags=re.MULTILINE))
    for name in functions - set(BUDGET_MB):
        assert name.startswith(("Office", "Scan", "Definitions")), (
            f"{name} has no megabytes in its budget.toml"
        )


def test_shared_objects_are_for_the_processor_and_its_c_library(
    architecture: str, builds: dict[str, Path]
) -> None:
    checked = 0
    for path in shared_objects(builds[architecture]):
        with path.open("rb") as file:
            machine = ELFFile(file)["e_machine"]
        assert machine == MACHINES[architecture], path.name
        assert glibc_needed(path) <= GLIBC, path.name
        checked += 1
    assert checked > 40


def test_nothing_is_shipped_that_nobody_reads(architecture: str, builds: dict[str, Path]) -> None:
    unread = re.compile(
        r"(^|/)(tests?|SelfTest|[^/]+-stubs|[^/]+\.dist-info)/|\.(pyi|c|h|pxd|pyx|a)$|py\.typed$"
    )
    for archive in builds[architecture].glob("*.zip"):
        found = [name for name in entries(archive) if unread.search(name)]
        assert not found, (archive.name, found[:5])


def test_what_lambda_brings_is_not_shipped(architecture: str, builds: dict[str, Path]) -> None:
    for function in BUDGET_MB:
        names = entries(builds[architecture] / f"{function}.zip")
        assert not [name for name in names if name.split("/")[0] in BROUGHT]


def test_bytecode_is_there_for_the_runtime_and_needs_no_clock(builds: dict[str, Path]) -> None:
    with zipfile.ZipFile(builds["arm64"] / "IngestFunction.zip") as packed:
        compiled = [name for name in packed.namelist() if name.endswith(".pyc")]
        if not compiled:
            pytest.skip("no Python 3.13 on this machine: the build has no bytecode")
        assert all(name.endswith(".cpython-313.pyc") for name in compiled)
        flags = packed.read(compiled[0])[4:8]
    assert flags == b"\x01\0\0\0"  # PEP 552: by hash, and not checked


def test_the_same_inputs_make_the_same_bytes(builds: dict[str, Path], tmp_path: Path) -> None:
    again = built(tmp_path, "arm64")
    names = sorted(path.name for path in builds["arm64"].glob("*.zip"))
    assert len(names) > len(BUDGET_MB)
    for name in names:
        first, second = builds["arm64"] / name, again / name
        digests = {hashlib.sha256(path.read_bytes()).hexdigest() for path in (first, second)}
        assert len(digests) == 1, name
    shutil.rmtree(tmp_path)


def test_every_wheel_is_pinned_by_hash() -> None:
    for path in ROOT.glob("functions/*/requirements.txt"):
        pins = re.findall(r"^([\w.-]+==.*?)(?=^\w|\Z)", path.read_text(), re.DOTALL | re.MULTILINE)
        assert pins or not path.read_text().strip()
        assert all("--hash=sha256:" in pin for pin in pins), path
