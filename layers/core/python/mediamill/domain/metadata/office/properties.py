"""Properties of documents kept in XML parts, with a note of each part that could not be read."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

from mediamill.domain.metadata.office.archive import Archive, Refused
from mediamill.domain.metadata.reading.text import clean

MOST_PROPERTIES = 500


class Properties:
    """Reads parts one by one; `problems` holds why a part is missing from the record."""

    def __init__(self) -> None:
        self.problems: list[Refused] = []

    def tree(self, archive: Archive, name: str) -> ElementTree.Element | None:
        """A part's XML, or None with a problem noted where it cannot be read."""
        try:
            return archive.tree(name)
        except Refused as refusal:
            self.problems.append(refusal)
            return None

    def texts(self, archive: Archive, name: str) -> dict[str, str]:
        """The texts of a part's top-level elements by local name, the first of each."""
        tree = self.tree(archive, name)
        found: dict[str, str] = {}
        for node in list(tree)[:MOST_PROPERTIES] if tree is not None else ():
            if isinstance(node.tag, str) and (text := clean(node.text)):
                found.setdefault(node.tag.rpartition("}")[2], text)
        return found

    @staticmethod
    def count(text: str | None) -> int | None:
        """A count as the file states it."""
        return int(text) if text and re.fullmatch(r"\d{1,12}", text) else None

    @staticmethod
    def words(text: str | None) -> tuple[str, ...]:
        """Keywords, separated by semicolons or else by commas."""
        if not text:
            return ()
        parts = text.split(";" if ";" in text else ",")[:100]
        return tuple(word for part in parts if (word := clean(part, 200)))
