"""What a PDF can do besides being read: forms, signatures, attachments, scripts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mediamill.domain.metadata.pdf.objects import mapping, name_tree, sequence, text, walk

MOST_FIELDS = 2_000
MOST_ATTACHMENTS = 100
MOST_PAGES = 200
MOST_ANNOTATIONS = 100
MOST_ACTIONS = 20  # in a chain of /Next


@dataclass(slots=True)
class Actions:
    """What was found; the defaults are what a document without any of it has."""

    has_forms: bool | None = None
    has_xfa: bool | None = None
    signature_count: int | None = None
    has_javascript: bool | None = None
    attachments: tuple[str, ...] = ()

    def facts(self) -> dict[str, Any]:
        """The fields of DocumentFacts."""
        return {
            "has_forms": self.has_forms,
            "has_xfa": self.has_xfa,
            "signature_count": self.signature_count,
            "has_javascript": self.has_javascript,
            "attachments": self.attachments,
        }


def read_actions(root: dict[str, Any], pages: list[dict[str, Any]]) -> Actions:
    """Look through the catalog, the form's fields, and the annotations of the first pages."""
    fields = list(_fields(root))
    annotations = list(_annotations(pages))
    return Actions(
        has_forms=bool(fields),
        has_xfa=walk(root, "/AcroForm", "/XFA") is not None,
        signature_count=sum(
            _inherited(field, "/FT") == "/Sig" and walk(field, "/V") is not None for field in fields
        ),
        has_javascript=_scripts(root, [*fields, *annotations, *pages[:MOST_PAGES]]),
        attachments=tuple(_attachments(root, annotations)),
    )


def _fields(root: dict[str, Any]) -> Iterator[dict[str, Any]]:
    pending = list(sequence(walk(root, "/AcroForm", "/Fields")))[:MOST_FIELDS]
    seen: set[int] = set()
    while pending and len(seen) < MOST_FIELDS:
        field = mapping(pending.pop(0))
        if not field or id(field) in seen:
            continue
        seen.add(id(field))
        yield field
        pending += sequence(field.get("/Kids"))[:MOST_FIELDS]


def _inherited(field: dict[str, Any], name: str) -> Any:
    for _ in range(10):
        if name in field:
            return field[name]
        field = mapping(field.get("/Parent"))
    return None


def _annotations(pages: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for page in pages[:MOST_PAGES]:
        for annotation in sequence(page.get("/Annots"))[:MOST_ANNOTATIONS]:
            yield mapping(annotation)


def _attachments(root: dict[str, Any], annotations: list[dict[str, Any]]) -> Iterator[str]:
    files = list(name_tree(walk(root, "/Names", "/EmbeddedFiles")))
    files += [
        ("", annotation.get("/FS"))
        for annotation in annotations
        if annotation.get("/Subtype") == "/FileAttachment"
    ]
    for name, reference in files[:MOST_ATTACHMENTS]:
        specification = mapping(reference)
        stated = text(specification.get("/UF")) or text(specification.get("/F"))
        yield stated or name or "(unnamed)"


def _scripts(root: dict[str, Any], holders: list[dict[str, Any]]) -> bool:
    """Whether any action that can be reached here is a script."""
    if next(name_tree(walk(root, "/Names", "/JavaScript")), None) is not None:
        return True
    actions = [root.get("/OpenAction")]
    for holder in [root, *holders]:
        actions.append(holder.get("/A"))
        actions += mapping(holder.get("/AA")).values()
    return any(_is_script(action) for action in actions if action is not None)


def _is_script(action: Any) -> bool:
    found = mapping(action)
    for _ in range(MOST_ACTIONS):
        if found.get("/S") == "/JavaScript":
            return True
        found = mapping(found.get("/Next"))
        if not found:
            return False
    return False
