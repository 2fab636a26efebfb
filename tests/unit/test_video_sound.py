"""Sounds: a file for the web, peaks as players read them, loudness as FFmpeg's program has it."""

from __future__ import annotations

import io
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made.films import ffmpeg, made_of, medium_of, needs_ffmpeg
from PIL import Image

from mediamill.domain.derivative import Product

pytestmark = needs_ffmpeg

WRITTEN = {
    "a.mp3": ("mp3", "copied"),
    "a.m4a": ("m4a", "copied"),
    "a.aac": ("m4a", "copied"),
    "a.wav": ("m4a", "encoded"),
    "a.flac": ("m4a", "encoded"),
    "a.ogg": ("m4a", "encoded"),
    "a.wma": ("m4a", "encoded"),
}


def tone(path: Path, *options: str, sound: str = "sine=f=440:d=3:r=44100,volume=-6dB") -> Path:
    ffmpeg("-f", "lavfi", "-i", sound, *options, str(path))
    return path


def heard(path: Path, **limits: int) -> tuple[dict[str, Product], dict[str, Any]]:
    products, facts = made_of(path, medium_of(path, **limits))
    return {each.name: each for each in products}, facts


def probed(body: bytes, folder: Path) -> dict[str, Any]:
    path = folder / "probed"
    path.write_bytes(body)
    entries = "format=duration:format_tags:stream=codec_name,channels,sample_rate"
    command = ["ffprobe", "-v", "error", "-show_entries", entries, "-of", "json", str(path)]
    told = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return {**told["format"], **told["streams"][0]}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_sound_for_the_web_is_copied_where_browsers_play_it(name: str, tmp_path: Path) -> None:
    path = tone(tmp_path / name, "-metadata", "title=Mine", "-ac", "2")
    products, facts = heard(path)
    sound = products["audio"]
    assert (sound.format, facts["sound"]["web"]) == WRITTEN[name]
    told = probed(sound.body, tmp_path)
    assert told["codec_name"] == {"mp3": "mp3", "m4a": "aac"}[sound.format]
    assert float(told["duration"]) == pytest.approx(3, abs=0.1)
    assert "title" not in told.get("tags", {})
    if sound.format == "m4a":
        assert sound.body.index(b"moov") < sound.body.index(b"mdat")


def test_many_channels_and_a_high_rate_become_two_at_48_khz(tmp_path: Path) -> None:
    path = tone(tmp_path / "a.flac", "-ac", "6", "-ar", "96000")
    told = probed(heard(path)[0]["audio"].body, tmp_path)
    assert (told["channels"], told["sample_rate"]) == (2, "48000")


def test_peaks_are_those_of_the_samples_in_the_form_that_players_read(tmp_path: Path) -> None:
    # A second of each: silence, half of full scale, three quarters of it.
    level = "if(lt(t,1),0,if(lt(t,2),0.5,0.75))"
    path = tone(tmp_path / "a.wav", sound=f"aevalsrc='{level}*sin(2*PI*300*t)':d=3:s=8000")
    peaks = json.loads(heard(path)[0]["peaks"].body)
    assert (peaks["version"], peaks["channels"], peaks["bits"]) == (2, 1, 8)
    assert (peaks["sample_rate"], peaks["samples_per_pixel"]) == (8000, 256)
    assert peaks["length"] == len(peaks["data"]) // 2 == -(-24_000 // 256)
    low, high = np.array(peaks["data"]).reshape(-1, 2).T
    assert np.abs(high[:30]).max() <= 1
    assert np.abs(high[33:61] - 63).max() <= 2
    assert np.abs(low[64:93] + 96).max() <= 2


def test_the_peaks_of_a_long_sound_are_as_many_as_a_screen_can_show(tmp_path: Path) -> None:
    path = tone(tmp_path / "a.flac", sound="anullsrc=r=44100:cl=mono,atrim=duration=150")
    peaks = json.loads(heard(path)[0]["peaks"].body)
    assert (peaks["samples_per_pixel"], peaks["length"]) == (1024, -(-150 * 44_100 // 1024))


def test_a_waveform_is_as_high_as_the_sound_is_loud(tmp_path: Path) -> None:
    path = tone(tmp_path / "a.wav", sound="aevalsrc='if(lt(t,1),0.1,0.9)*sin(2*PI*300*t)':d=2")
    products, facts = heard(path)
    assert facts["poster"] == {"source": "waveform"}
    assert products["poster"].body == products["waveform"].body
    alpha = np.asarray(Image.open(io.BytesIO(products["waveform"].body)))[:, :, 3] > 0
    heights = alpha.sum(axis=0) / alpha.shape[0]
    assert heights[100:700] == pytest.approx(0.1, abs=0.03)
    assert heights[900:1500] == pytest.approx(0.9, abs=0.03)


@pytest.mark.parametrize("channels", [1, 2])
def test_loudness_is_what_the_program_says(channels: int, tmp_path: Path) -> None:
    noise = "anoisesrc=d=4:c=pink:a=0.4:seed=1:r=48000,volume='if(lt(t,2),1,0.3)':eval=frame"
    path = tone(tmp_path / "a.wav", "-ac", str(channels), sound=noise)
    sound = heard(path)[1]["sound"]
    command = ["ffmpeg", "-nostdin", "-i", str(path), "-af", "ebur128=peak=true", "-f", "null", "-"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    summary = said[said.rindex("Summary:") :]
    expected = [float(each) for each in re.findall(r"(?:I|LRA|Peak): +(-?[\d.]+) ", summary)]
    found = [sound["integrated"], sound["range"], sound["true_peak"]]
    assert found == pytest.approx(expected, abs=0.2)
    assert sound["clipped"] is False


def test_silence_and_clipping_are_noted(tmp_path: Path) -> None:
    loud = "if(between(t,3,4),0,2)*sin(2*PI*300*t)"
    silent = tone(tmp_path / "s.wav", sound="aevalsrc='if(gt(t,1)*lt(t,4),0,0.5)*sin(2000*t)':d=5")
    assert heard(silent)[1]["sound"]["silences"] == [{"start": 1.0, "end": 4.0}]
    clipped = tone(tmp_path / "c.wav", sound=f"aevalsrc='{loud}':d=3")
    assert heard(clipped)[1]["sound"]["clipped"] is True


def test_a_sound_of_silence_has_no_loudness(tmp_path: Path) -> None:
    path = tone(tmp_path / "a.wav", sound="anullsrc=r=8000:cl=mono,atrim=duration=3")
    products, facts = heard(path)
    assert facts["sound"] == {
        "clipped": False, "silences": [{"start": 0.0, "end": 3.0}], "web": "encoded",
    }  # fmt: skip
    assert "waveform" in products


@pytest.mark.parametrize("name", ["a.wav", "a.mp3"])
def test_a_sound_that_is_too_long_says_so_and_is_not_listened_to(name: str, tmp_path: Path) -> None:
    products, facts = heard(tone(tmp_path / name), sound_seconds=2)
    assert products == {}
    assert [each["code"] for each in facts["warnings"]] == ["too_long"]


def test_a_sound_that_ends_too_early_is_made_of_what_is_there(tmp_path: Path) -> None:
    whole = tone(tmp_path / "whole.mp3").read_bytes()
    path = tmp_path / "cut.mp3"
    path.write_bytes(whole[: len(whole) // 2])
    told = probed(heard(path)[0]["audio"].body, tmp_path)
    assert 1 < float(told["duration"]) < 2
