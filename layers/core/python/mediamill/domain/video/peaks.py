"""Peaks: the lowest and highest of every so many samples, for players that draw a sound.

In the form of version 2 of audiowaveform's data format (8 bits, one channel), as wavesurfer.js and
peaks.js read it: github.com/bbc/audiowaveform, doc/DataFormat.md.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame

_MOST = 10_000  # pixels, as that format calls them: five screens side by side
_FEWEST_SAMPLES = 256
_MIDDLE = 128  # of eight bits without a sign


class Peaks:
    """Samples in, as they come; low and high out."""

    def __init__(self) -> None:
        self.rate = 0
        self.samples_per_pixel = _FEWEST_SAMPLES
        self.low, self.high = bytearray(), bytearray()  # without a sign: 128 is silence
        self._rest = bytearray()

    def hear(self, frame: AudioFrame) -> None:
        """Samples of eight bits without a sign, of one channel, all of one rate."""
        self.rate = frame.sample_rate
        self._rest += bytes(frame.planes[0])[: frame.samples]
        step = self.samples_per_pixel
        whole = len(self._rest) // step * step
        for at in range(0, whole, step):
            self._add(self._rest[at : at + step])
        del self._rest[:whole]
        if len(self.low) >= 2 * _MOST:
            self._halve()

    def end(self) -> None:
        """No more come: the last pixel is of what is left."""
        if self._rest:
            self._add(self._rest)
            self._rest = bytearray()
        if len(self.low) > _MOST:
            self._halve()

    def json(self) -> bytes:
        """The document."""
        data = [level - _MIDDLE for pair in zip(self.low, self.high, strict=True) for level in pair]
        document = {
            "version": 2,
            "channels": 1,
            "sample_rate": self.rate,
            "samples_per_pixel": self.samples_per_pixel,
            "bits": 8,
            "length": len(self.low),
            "data": data,
        }
        return json.dumps(document, separators=(",", ":")).encode()

    def _add(self, samples: bytearray) -> None:
        self.low.append(min(samples))
        self.high.append(max(samples))

    def _halve(self) -> None:
        """Two pixels become one; an odd last one stays as it is."""
        pairs = range(0, len(self.low), 2)
        self.low = bytearray(min(self.low[at : at + 2]) for at in pairs)
        self.high = bytearray(max(self.high[at : at + 2]) for at in pairs)
        self.samples_per_pixel *= 2
