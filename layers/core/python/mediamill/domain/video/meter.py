"""Loudness, silence and clipping of a sound, as FFmpeg's meters have it.

Loudness is EBU R 128's (ITU-R BS.1770): integrated, range, true peak. Silence is what stays below
-50 dB of full scale for two seconds. Clipping is samples in a row at the top of the scale.
"""

from __future__ import annotations

from math import log10
from typing import TYPE_CHECKING

from mediamill.domain.facts import SilenceFacts, SoundFacts

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.filter import Graph

_CHAIN = (
    ("silencedetect", "noise=-50dB:duration=2"),
    ("astats", "metadata=1:measure_perchannel=none:measure_overall=Peak_level+Flat_factor"),
    ("ebur128", "peak=true:framelog=quiet:metadata=1"),
)
_MOST_SILENCES = 100
_FLOOR = -70.0  # LUFS below which BS.1770's absolute gate lets nothing through
_TOP = -0.1  # dB of full scale
_SOFTEST = 1e-6  # a peak below it is silence


class Meter:
    """Frames in, in the order of time; facts out."""

    def __init__(self) -> None:
        self._graph: Graph | None = None
        self._shape: tuple[str, str, int] | None = None
        self._told: dict[str, str] = {}
        self._silences: list[tuple[float, float | None]] = []
        self._seconds = 0.0

    def hear(self, frame: AudioFrame) -> None:
        """Frames of another form than the first one's are passed over."""
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        if self._graph is None:
            self._graph, self._shape = _graph(frame), shape
        if shape == self._shape:
            self._seconds += frame.samples / frame.sample_rate
            self._graph.push(frame)
            self._pull(self._graph)

    def facts(self) -> SoundFacts:
        """What was heard; nothing may be heard any more."""
        if self._graph is not None:
            self._graph.push(None)
            self._pull(self._graph)
        integrated, true_peak = self._number("r128.I"), self._peak()
        is_heard = integrated is not None and integrated > _FLOOR
        level = self._number("astats.Overall.Peak_level")  # -inf of silence, which is no number
        flat = self._number("astats.Overall.Flat_factor")
        return SoundFacts(
            integrated=integrated if is_heard else None,
            range=self._number("r128.LRA") if is_heard else None,
            true_peak=true_peak,
            clipped=level is not None and level >= _TOP and (flat or 0) > 0,
            silences=tuple(
                SilenceFacts(round(start, 2), round(self._seconds if end is None else end, 2))
                for start, end in self._silences[:_MOST_SILENCES]
            ),
        )

    def _pull(self, graph: Graph) -> None:
        import av

        while True:
            try:
                told = graph.pull().metadata
            except (av.BlockingIOError, av.EOFError):
                return
            for name, value in told.items():
                key = name.removeprefix("lavfi.")
                if key == "silence_start":
                    self._silences.append((max(0.0, float(value)), None))
                elif key == "silence_end" and self._silences:
                    self._silences[-1] = (self._silences[-1][0], float(value))
                else:
                    self._told[key] = value

    def _peak(self) -> float | None:
        """The highest of all channels, in dB; None of silence."""
        names = [name for name in self._told if name.startswith("r128.true_peaks_ch")]
        highest = max((self._number(name, 3) or 0.0 for name in names), default=0.0)
        return round(20 * log10(highest), 1) if highest > _SOFTEST else None

    def _number(self, name: str, digits: int = 1) -> float | None:
        try:
            value = round(float(self._told[name]), digits)
        except (KeyError, ValueError, OverflowError):
            return None
        return value if abs(value) < 1000 else None


def _graph(frame: AudioFrame) -> Graph:
    import av.filter

    graph = av.filter.Graph()
    graph.threads = 1
    source = graph.add_abuffer(
        sample_rate=frame.sample_rate,
        format=frame.format.name,
        layout=frame.layout.name,
        time_base=frame.time_base,
    )
    nodes = [graph.add(name, options) for name, options in _CHAIN]
    graph.link_nodes(source, *nodes, graph.add("abuffersink")).configure()
    return graph
