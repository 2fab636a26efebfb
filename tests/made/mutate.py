"""Damage, of the kinds that find faults in readers of formats."""

from __future__ import annotations

import random

# Values at the edges of lengths, counts and offsets.
_TELLING = (
    b"\x00",
    b"\xff",
    b"\x7f",
    b"\x80",
    b"\xff\xff",
    b"\x7f\xff",
    b"\x00\x00\x00\x00",
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\x80\x00\x00\x00",
    b"\xff\xff\xff\xff\xff\xff\xff\xff",
    b"-1",
    b"99999999999",
)
HEAD = 4_096  # where most structure is


def mutated(body: bytes, other: bytes, chance: random.Random) -> bytes:
    """`body` with one to eight kinds of damage; pieces of `other` may stand in it."""
    damaged = bytearray(body)
    for _ in range(chance.randint(1, 8)):
        if not damaged:
            break
        _damage(damaged, other, chance)
    return bytes(damaged)


def _damage(damaged: bytearray, other: bytes, chance: random.Random) -> None:
    at = _place(damaged, chance)
    length = min(len(damaged) - at, chance.choice([1, 4, 16, 200, 5_000]))
    match chance.randrange(7):
        case 0:
            damaged[at] ^= 1 << chance.randrange(8)
        case 1:
            value = chance.choice(_TELLING)
            damaged[at : at + len(value)] = value
        case 2:
            del damaged[at : at + length]
        case 3:
            damaged[at:at] = damaged[at : at + length]
        case 4:
            del damaged[chance.randrange(len(damaged)) :]
        case 5:
            start = chance.randrange(max(1, len(other)))
            damaged[at : at + length] = other[start : start + length]
        case _:
            damaged[at : at + length] = chance.randbytes(length)


def _place(damaged: bytearray, chance: random.Random) -> int:
    """Anywhere, but mostly near an end, where headers and directories are."""
    match chance.randrange(4):
        case 0:
            return chance.randrange(len(damaged))
        case 1:
            return max(0, len(damaged) - 1 - chance.randrange(HEAD))
        case _:
            return chance.randrange(min(HEAD, len(damaged)))
