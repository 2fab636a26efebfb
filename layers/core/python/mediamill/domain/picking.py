"""Which stored picture of an asset suits a screen: wide enough, and in a format that it reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mediamill.domain.derivative import Derivative

# Where a reader takes anything, what every program shows comes first; who names a format, means it.
_SAFEST = ("image/jpeg", "image/png", "image/webp", "image/avif")
_SMALLEST = tuple(reversed(_SAFEST))
_SAME_SHAPE = 0.02  # a crop to another shape is another picture


@dataclass(frozen=True, slots=True)
class Accept:
    """What a reader takes, as its header `Accept` says: media ranges and their weights."""

    ranges: tuple[tuple[str, float], ...]

    @classmethod
    def parse(cls, header: str) -> Accept:
        """The ranges of a header; RFC 9110, 12.5.1. What cannot be read is left out.

        An empty header takes anything.
        """
        found = []
        for part in header.split(","):
            name, *parameters = (word.strip().lower() for word in part.split(";"))
            weight = 1.0
            for parameter in parameters:
                if parameter.startswith("q="):
                    try:
                        weight = float(parameter[2:])
                    except ValueError:
                        weight = 0.0
            if name.count("/") == 1:
                found.append((name, min(max(weight, 0.0), 1.0)))
        return cls(tuple(found) if header.strip() else (("*/*", 1.0),))

    def weight(self, content_type: str) -> float:
        """How much it wants a media type, 0 to 1: the closest range decides."""
        plain = _plain(content_type)
        weights = dict(self.ranges)
        for name in (plain, f"{plain.partition('/')[0]}/*", "*/*"):
            if name in weights:
                return weights[name]
        return 0.0

    def names(self, content_type: str) -> bool:
        """Whether it speaks of this very type."""
        return any(name == _plain(content_type) for name, _ in self.ranges)


def pick(rows: Iterable[Derivative], accept: Accept, pixels: int) -> Derivative | None:
    """The picture to show `pixels` wide: the narrowest that is not narrower, or else the widest.

    Of several formats the one that the reader wants most; among equals one that it names, the
    smallest format first, or where it names none, the one that every program reads. None where
    no picture is in a format that it takes.
    """
    taken = [row for row in whole_pictures(rows) if accept.weight(row.content_type) > 0]
    if not taken:
        return None
    enough = [row.width for row in taken if row.width and row.width >= pixels]
    width = min(enough) if enough else max(row.width or 0 for row in taken)
    return best([row for row in taken if row.width == width], accept)


def best(rows: Iterable[Derivative], accept: Accept) -> Derivative | None:
    """Of the same derivative in several formats, the one that the reader wants most; see `pick`."""
    return min(
        (row for row in rows if accept.weight(row.content_type) > 0),
        key=lambda row: (
            -accept.weight(row.content_type),
            not accept.names(row.content_type),
            _rank(row.content_type, accept),
        ),
        default=None,
    )


def whole_pictures(rows: Iterable[Derivative]) -> Sequence[Derivative]:
    """The renditions of the whole asset: no pages, and no crops beside uncropped ones."""
    pictures = [
        row
        for row in rows
        if row.page is None and row.width and row.height and row.content_type.startswith("image/")
    ]
    if not pictures:
        return ()
    shape = _shape(max(pictures, key=lambda row: (row.width or 0) * (row.height or 0)))
    return [row for row in pictures if abs(_shape(row) / shape - 1) <= _slack(row)]


def _plain(content_type: str) -> str:
    return content_type.partition(";")[0].strip()


def _shape(row: Derivative) -> float:
    return (row.width or 1) / (row.height or 1)


def _slack(row: Derivative) -> float:
    return max(_SAME_SHAPE, 1 / (row.width or 1) + 1 / (row.height or 1))


def _rank(content_type: str, accept: Accept) -> int:
    order = _SMALLEST if accept.names(content_type) else _SAFEST
    return order.index(content_type) if content_type in order else len(order)
