"""Tone mapping: what PQ and HLG mean, brought into what every screen can show.

A frame's colours are read as eight-bit signals, and each signal has its place in one table of 256:
a `bytes.translate` is all that it costs. So no float pictures are held, and the same file gives the
same bytes everywhere.
"""

from __future__ import annotations

from functools import cache

PQ, HLG = 16, 18  # transfer characteristics: ITU-T H.273, table 3
_WHITE = 203.0  # candela per square metre of a page's white: ITU-R BT.2408, 2
_PEAK = 1000.0  # … of what is let through as the brightest


@cache
def curve(transfer: int) -> bytes:
    """For each of 256 signals of this transfer the BT.709 signal that is shown for it.

    >>> curve(PQ)[0], curve(PQ)[255]
    (0, 255)
    """
    light = {PQ: _pq, HLG: _hlg}[transfer]
    return bytes(
        round(255 * _gamma(_compressed(light(code / 255) / _WHITE))) for code in range(256)
    )


def _pq(signal: float) -> float:
    """Candela per square metre: SMPTE ST 2084, 5.2."""
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
    power = signal ** (1 / m2)
    linear: float = (max(power - c1, 0) / (c2 - c3 * power)) ** (1 / m1)
    return 10_000 * linear


def _hlg(signal: float) -> float:
    """On a display of 1,000 candela: ITU-R BT.2100, table 5, per channel."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = signal**2 / 3 if signal <= 0.5 else (2.718281828459045 ** ((signal - c) / a) + b) / 12
    return float(1_000 * scene**1.2)


def _compressed(light: float) -> float:
    """White stays light, and what is brighter keeps some of its shape up to the peak.

    Reinhard et al., Photographic Tone Reproduction for Digital Images (2002), equation 4, with the
    light that page white has doubled first, so that it comes out at two thirds.
    """
    bright, most = 2 * light, 2 * _PEAK / _WHITE
    return min(1.0, bright * (1 + bright / most**2) / (1 + bright))


def _gamma(linear: float) -> float:
    """ITU-R BT.1886's inverse, which is what screens undo."""
    return float(linear ** (1 / 2.4))
