"""ICC profiles made from numbers, for colour that a file means but does not embed.

Written after ICC.1:2001-04 (version 2): a matrix profile from primaries and a gamma, and the
default for CMYK without a profile as a small lookup table.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterable, Sequence
from functools import lru_cache

Point = tuple[float, float]

D65: Point = (0.3127, 0.3290)
D50_XYZ = (0.9642, 1.0, 0.8249)

# CIE xy of red, green, blue. Adobe RGB (1998) 4.3.1; SMPTE EG 432-1; ITU-R BT.2020 table 3.
ADOBE_RGB: tuple[Point, Point, Point] = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
DISPLAY_P3: tuple[Point, Point, Point] = ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06))
BT2020: tuple[Point, Point, Point] = ((0.708, 0.292), (0.17, 0.797), (0.131, 0.046))

Matrix = list[list[float]]

# Bradford cone response, the adaptation that ICC profiles use (ICC.1:2010, annex E).
_BRADFORD: Matrix = [
    [0.8951, 0.2664, -0.1614],
    [-0.7502, 1.7135, 0.0367],
    [0.0389, -0.0685, 1.0296],
]


@lru_cache(maxsize=8)
def matrix_profile(
    name: str, primaries: tuple[Point, Point, Point], gamma: float | None, white: Point = D65
) -> bytes:
    """An RGB display profile; `gamma` None means sRGB's own curve (IEC 61966-2-1)."""
    columns = _adapted(primaries, white)
    curve = _srgb_curve() if gamma is None else _curve([round(gamma * 256)])
    tags = {
        b"desc": _description(name),
        b"cprt": b"text\0\0\0\0No copyright\0",
        b"wtpt": _xyz(D50_XYZ),
        b"rXYZ": _xyz([row[0] for row in columns]),
        b"gXYZ": _xyz([row[1] for row in columns]),
        b"bXYZ": _xyz([row[2] for row in columns]),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    return _profile(b"mntr", b"RGB ", b"XYZ ", tags)


# CIELAB (D50) of the sixteen overprints of full cyan, magenta, yellow and black on coated paper,
# in the order of binary counting with cyan first: characterisation data FOGRA39 (ISO 12647-2).
_OVERPRINTS = (
    (95, 0, -2),
    (16, 0, 0),
    (89, -5, 93),
    (15.7, -3.1, 11.7),
    (48, 74, -3),
    (10.4, 13.9, 1.4),
    (47, 68, 48),
    (11.3, 8.6, 7.3),
    (55, -37, -50),
    (10.4, -8.2, -10.2),
    (50, -65, 27),
    (11.3, -12.9, 3.6),
    (24, 22, -46),
    (7.9, 5.8, -5.9),
    (23, 0, 0),
    (8.7, -0.1, 2.1),
)
# Fitted over the 1,617 patches of the same data: mean ΔE*ab 2.6.
_YULE_NIELSEN = 1.5
_DOT_GAIN = 0.06
_GRID = 6


@lru_cache(maxsize=1)
def default_cmyk() -> bytes:
    """What CMYK means when no profile says so: coated offset paper, white as paper.

    The cellular-free Yule–Nielsen-modified Neugebauer model: Demichel's coverages of the sixteen
    overprints, after dot gain; lightness is scaled so that all four inks together are black.
    """
    power = 1 / _YULE_NIELSEN
    paper = _lab_to_xyz(_OVERPRINTS[0])
    black = _lab_to_xyz(_OVERPRINTS[-1])
    primaries = [
        [
            max(0.0, (value - dark) / (light - dark)) ** power
            for value, light, dark in zip(_lab_to_xyz(lab), paper, black, strict=True)
        ]
        for lab in _OVERPRINTS
    ]
    steps = [step / (_GRID - 1) for step in range(_GRID)]
    covered = [step + 4 * _DOT_GAIN * step * (1 - step) for step in steps]
    table = bytearray()
    for inks in itertools.product(covered, repeat=4):
        weights = [1.0]
        for ink in inks:
            weights = [w * part for w in weights for part in (1 - ink, ink)]
        mixed = (
            sum(w * primary[axis] for w, primary in zip(weights, primaries, strict=True))
            for axis in range(3)
        )
        xyz = [m**_YULE_NIELSEN * d50 for m, d50 in zip(mixed, D50_XYZ, strict=True)]
        table += _lab16(_xyz_to_lab(xyz))
    ramp = struct.pack(">2H", 0, 65_535)
    lut = (
        b"mft2\0\0\0\0"
        + bytes((4, 3, _GRID, 0))
        + struct.pack(">9i", *(65_536 if at % 4 == 0 else 0 for at in range(9)))
        + struct.pack(">2H", 2, 2)
        + ramp * 4
        + table
        + ramp * 3
    )
    tags = {
        b"desc": _description("Coated CMYK"),
        b"cprt": b"text\0\0\0\0No copyright\0",
        b"wtpt": _xyz(D50_XYZ),
        b"A2B0": lut,
    }
    return _profile(b"prtr", b"CMYK", b"Lab ", tags)


def _profile(kind: bytes, space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    """Header, tag table and tags; equal tags are stored once."""
    at = 128 + 4 + 12 * len(tags)
    table, body, seen = b"", b"", dict[bytes, tuple[int, int]]()
    for signature, tag in tags.items():
        if tag not in seen:
            seen[tag] = (at + len(body), len(tag))
            body += tag + b"\0" * (-len(tag) % 4)
        table += signature + struct.pack(">2I", *seen[tag])
    header = struct.pack(
        ">I4sI4s4s4s6H4s4sIIIQI3i4s44x",
        at + len(body),
        b"\0\0\0\0",
        0x02400000,
        kind,
        space,
        connection,
        *(2026, 1, 1, 0, 0, 0),
        b"acsp",
        b"\0\0\0\0",
        *(0, 0, 0, 0),
        0,
        *(round(value * 65_536) for value in D50_XYZ),
        b"\0\0\0\0",
    )
    return header + struct.pack(">I", len(tags)) + table + body


def _description(name: str) -> bytes:
    text = name.encode("ascii") + b"\0"
    return b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + b"\0" * 78


def _xyz(values: Iterable[float]) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65_536) for value in values))


def _curve(values: Sequence[int]) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(f">I{len(values)}H", len(values), *values)


@lru_cache(maxsize=1)
def _srgb_curve() -> bytes:
    def linear(value: float) -> float:
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    return _curve([round(65_535 * linear(step / 1023)) for step in range(1024)])


def _adapted(primaries: Sequence[Point], white: Point) -> Matrix:
    """The matrix from linear RGB to XYZ under D50."""
    xyz = [_xy_to_xyz(point) for point in primaries]
    columns = [[xyz[column][row] for column in range(3)] for row in range(3)]
    source = _xy_to_xyz(white)
    amounts = _solve(columns, source)
    scaled = [[columns[row][column] * amounts[column] for column in range(3)] for row in range(3)]
    here, there = _times(_BRADFORD, source), _times(_BRADFORD, D50_XYZ)
    adapted = []
    for column in range(3):
        cone = _times(_BRADFORD, [scaled[row][column] for row in range(3)])
        moved = [value * b / a for value, a, b in zip(cone, here, there, strict=True)]
        adapted.append(_solve(_BRADFORD, moved))
    return [[adapted[column][row] for column in range(3)] for row in range(3)]


def _xy_to_xyz(point: Point) -> list[float]:
    x, y = point
    return [x / y, 1.0, (1 - x - y) / y]


def _times(matrix: Matrix, vector: Sequence[float]) -> list[float]:
    return [sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix]


def _solve(matrix: Matrix, vector: Sequence[float]) -> list[float]:
    """x of matrix · x = vector, by Cramer's rule."""

    def determinant(m: Matrix) -> float:
        (a, b, c), (d, e, f), (g, h, i) = m
        return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)

    whole = determinant(matrix)
    return [
        determinant(
            [[vector[r] if c == column else matrix[r][c] for c in range(3)] for r in range(3)]
        )
        / whole
        for column in range(3)
    ]


def _lab_to_xyz(lab: Sequence[float]) -> list[float]:
    """CIE 15: the inverse of CIELAB, white 1."""
    fy = (lab[0] + 16) / 116
    parts = (fy + lab[1] / 500, fy, fy - lab[2] / 200)
    return [f**3 if f > 6 / 29 else (f - 4 / 29) * 3 * (6 / 29) ** 2 for f in parts]


def _xyz_to_lab(xyz: Sequence[float]) -> tuple[float, float, float]:
    parts = [value / white for value, white in zip(xyz, D50_XYZ, strict=True)]
    x, y, z = (
        t ** (1 / 3) if t > (6 / 29) ** 3 else t / (3 * (6 / 29) ** 2) + 4 / 29 for t in parts
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _lab16(lab: tuple[float, float, float]) -> bytes:
    """Version 2's 16-bit encoding: 0xFF00 is L* 100, 0x8000 is a* or b* 0."""
    values = (lab[0] * 652.8, (lab[1] + 128) * 256, (lab[2] + 128) * 256)
    return struct.pack(">3H", *(min(65_535, max(0, round(value))) for value in values))
