"""docs/add-a-worker.md, followed to the letter in a copy of the project."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
WORDS, GATE = ("words", "Words"), ("gate", "Gate")


class Guide:
    """What the page says, and the copy in which it is done."""

    def __init__(self, copy: Path) -> None:
        self.copy = copy
        page = (ROOT / "docs" / "add-a-worker.md").read_text()
        self._words, self._gate = _blocks(page, "python")
        self._budget, self._group = _blocks(page, "toml")
        (self._block,) = _blocks(page, "yaml")
        (self._commands,) = _blocks(page, "sh")
        self._lists = re.findall(r"^\| `(\w+)` \| `(.+)` \|$", page, re.MULTILINE)
        assert len(self._lists) == 3
        copy_of_what_is_tracked(copy)

    def add_words(self) -> None:
        """The page down to its gate."""
        self._add(WORDS, self._words, self._budget, self._block, "words:office")

    def add_gate(self) -> None:
        """Its last part: the same with other names, and three differences."""
        budget = re.sub(r"^writes = .*$", "writes = []", self._budget, flags=re.MULTILINE)
        statement = r"^( +)- Sid: Derivatives\n(?:\1  .*\n)+"
        block, count = re.subn(statement, "", self._block, flags=re.MULTILINE)
        assert count == 1
        self._add(GATE, self._gate, budget, block, "gate:*!")

    def write_what_follows(self) -> None:
        """Its commands, by the tools of this project, which are set up already."""
        (self.copy / ".venv").symlink_to(ROOT / ".venv")
        for command in self._commands.splitlines():
            make, targets = command.split(" ", 1)
            assert make == "make"
            _run("make", "--assume-old=setup", *targets.split(), cwd=self.copy)

    def touched(self) -> set[str]:
        """The files that are new in the copy, or differ there."""
        tracked = set(_tracked())
        there = {
            path.relative_to(self.copy).as_posix()
            for path in self.copy.rglob("*")
            if path.is_file() and path.relative_to(self.copy).parts[0] not in (".venv", ".build")
        }
        changed = {
            name
            for name in tracked & there
            if (ROOT / name).read_bytes() != (self.copy / name).read_bytes()
        }
        return changed | (there - tracked)

    def _add(
        self, names: tuple[str, str], handler: str, budget: str, block: str, entry: str
    ) -> None:
        def named(text: str) -> str:
            return text.replace(WORDS[0], names[0]).replace(WORDS[1], names[1])

        folder = self.copy / "functions" / names[0]
        folder.mkdir()
        (folder / "handler.py").write_text(handler)
        (folder / "budget.toml").write_text(named(budget))
        _insert(self.copy / "pyproject.toml", "[dependency-groups]\n", after=named(self._group))
        template = self.copy / "template.yaml"
        _insert(template, "  # ── Results", before=f"{named(block)}\n")
        for resource, line in self._lists:
            _list_below_metadata(template, resource, line, named(line))
        plan = re.compile(r"^( +PLAN: !Join\n.*\n +- - )", re.MULTILINE)
        changed, count = plan.subn(rf"\g<1>{entry} ", template.read_text())
        assert count == 1
        template.write_text(changed)


def _blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


def _insert(path: Path, place: str, *, before: str = "", after: str = "") -> None:
    text = path.read_text()
    assert text.count(place) == 1, (path.name, place)
    path.write_text(text.replace(place, f"{before}{place}{after}"))


def _list_below_metadata(template: Path, resource: str, line: str, added: str) -> None:
    """Put a line of the guide below the one of a resource that says the same of metadata."""
    text = template.read_text()
    neighbour = line.replace("words", "metadata").replace("Words", "Metadata")
    begin = text.index(f"\n  {resource}:")
    found = re.compile(rf"^( +(?:- )?){re.escape(neighbour)}\n", re.MULTILINE).search(text, begin)
    assert found is not None, (resource, neighbour)
    assert re.search(r"\n  \w", text[begin + 3 : found.end()]) is None, f"{resource} has no such"
    indent = " " * len(found[1])
    template.write_text(f"{text[: found.end()]}{indent}{added}\n{text[found.end() :]}")


def copy_of_what_is_tracked(copy: Path) -> None:
    """Put the project's own files as they are here, changed or not, into a folder."""
    for name in _tracked():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, copy / name)


def _tracked() -> list[str]:
    listed = _run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    return [name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def _run(*command: str, cwd: Path) -> str:
    run = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout
