"""Videos of any size that cost no disk: the streams' bytes are holes in a sparse file."""

from __future__ import annotations

from pathlib import Path

# Matroska's element ids (RFC 9559).
_EBML = 0x1A45DFA3
_SEGMENT, _SEEK_HEAD, _SEEK, _SEEK_ID, _SEEK_POSITION = (
    0x18538067,
    0x114D9B74,
    0x4DBB,
    0x53AB,
    0x53AC,
)
_INFO, _TRACKS, _CLUSTER, _TIMESTAMP, _BLOCK = 0x1549A966, 0x1654AE6B, 0x1F43B675, 0xE7, 0xA3
_CUES, _CUE_POINT, _CUE_TIME, _CUE_PLACES = 0x1C53BB6B, 0xBB, 0xB3, 0xB7
_CUE_TRACK, _CUE_CLUSTER = 0xF7, 0xF1
CLUSTER_BYTES = 5_000_000


def sparse_mp4(source: Path, target: Path, size: int) -> None:
    """`source`, an MP4 whose index stands last, with a hole of silence in its media data.

    The box before `mdat` must be the empty `free` that writers leave for a 64-bit size.
    """
    body = source.read_bytes()
    boxes: dict[bytes, tuple[int, int]] = {}
    for name, place in _boxes(body):
        boxes.setdefault(name, place)
    free, data, index = boxes[b"free"], boxes[b"mdat"], boxes[b"moov"]
    assert free[1] == data[0] < index[0], "not laid out as expected"
    end = size - (index[1] - index[0])
    with target.open("wb") as file:
        file.write(body[: free[0]])
        file.write((1).to_bytes(4) + b"mdat" + (end - free[0]).to_bytes(8))
        file.write(body[data[0] + 8 : index[0]])
        file.seek(end)
        file.write(body[index[0] : index[1]])
    assert target.stat().st_size == size


def _boxes(body: bytes) -> list[tuple[bytes, tuple[int, int]]]:
    found, at = [], 0
    while at + 8 <= len(body):
        length = int.from_bytes(body[at : at + 4])
        found.append((body[at + 4 : at + 8], (at, at + length)))
        at += length
    return found


def sparse_mkv(source: Path, target: Path, size: int) -> None:
    """`source`'s tracks and first cluster, then clusters of one big block each, and cues last."""
    top = _elements(source.read_bytes())
    header = next(whole for name, whole, _ in top if name == _EBML)
    segment = _elements(next(inside for name, _, inside in top if name == _SEGMENT))
    info, tracks, cluster = (
        next(whole for name, whole, _ in segment if name == wanted)
        for wanted in (_INFO, _TRACKS, _CLUSTER)
    )
    count = max(1, (size - len(cluster)) // CLUSTER_BYTES)
    cues_size = count * 40 + 100
    fixed = 200  # room for the seek head, which names the place of the cues
    start = fixed + len(info) + len(tracks) + len(cluster)
    places = [start + index * CLUSTER_BYTES for index in range(count)]
    cues_at = start + count * CLUSTER_BYTES
    cues = _element(
        _CUES,
        b"".join(
            _element(
                _CUE_POINT,
                _element(_CUE_TIME, (index * 5_000).to_bytes(4))
                + _element(
                    _CUE_PLACES,
                    _element(_CUE_TRACK, b"\1") + _element(_CUE_CLUSTER, place.to_bytes(6)),
                ),
            )
            for index, place in enumerate(places, 1)
        ),
    )
    assert len(cues) < cues_size
    seek_head = _element(
        _SEEK_HEAD,
        b"".join(
            _element(
                _SEEK,
                _element(_SEEK_ID, name.to_bytes(4)) + _element(_SEEK_POSITION, place.to_bytes(6)),
            )
            for name, place in ((_INFO, fixed), (_TRACKS, fixed + len(info)), (_CUES, cues_at))
        ),
    )
    void = b"\xec" + (0x4000 | fixed - len(seek_head) - 3).to_bytes(2)
    with target.open("wb") as file:
        file.write(header)
        file.write(_SEGMENT.to_bytes(4) + (1 << 56 | cues_at + len(cues)).to_bytes(8))
        base = file.tell()
        file.write(seek_head + void)
        file.seek(base + fixed)
        file.write(info + tracks + cluster)
        for index, place in enumerate(places, 1):
            time = _element(_TIMESTAMP, (index * 5_000).to_bytes(4))
            block = CLUSTER_BYTES - 12 - len(time) - 9
            file.seek(base + place)
            file.write(_CLUSTER.to_bytes(4) + (1 << 56 | CLUSTER_BYTES - 12).to_bytes(8) + time)
            file.write(_BLOCK.to_bytes(1) + (1 << 56 | block).to_bytes(8))
            file.write(b"\x81\0\0\x80")
        file.seek(base + cues_at)
        file.write(cues)


def _element(name: int, body: bytes) -> bytes:
    return name.to_bytes((name.bit_length() + 7) // 8) + (1 << 28 | len(body)).to_bytes(4) + body


def _elements(body: bytes) -> list[tuple[int, bytes, bytes]]:
    """Each element as id, whole and inside; an unknown size reaches to the end."""
    found, at = [], 0
    while at < len(body):
        id_length = 9 - body[at].bit_length()
        name = int.from_bytes(body[at : at + id_length])
        size_at = at + id_length
        size_length = 9 - body[size_at].bit_length()
        size = int.from_bytes(body[size_at : size_at + size_length]) & (1 << 7 * size_length) - 1
        start = size_at + size_length
        if size == (1 << 7 * size_length) - 1:
            size = len(body) - start
        found.append((name, body[at : start + size], body[start : start + size]))
        at = start + size
    return found
