"""Settings: a value, and an error that names the variable."""

from __future__ import annotations

import pytest

from mediamill.domain.profile import Fit, Format
from mediamill.settings import BadSetting, Settings


def test_reads_renditions_formats_and_qualities_into_profiles() -> None:
    settings = Settings(
        {
            "RENDITIONS": "thumbnail=256x128:cover,large=1920",
            "FORMATS": "webp,avif",
            "QUALITIES": "webp=70,avif=50",
        }
    )
    made = [(p.name, p.width, p.height, p.fit, p.format, p.quality) for p in settings.profiles]
    assert made == [
        ("thumbnail", 256, 128, Fit.COVER, Format.WEBP, 70),
        ("thumbnail", 256, 128, Fit.COVER, Format.AVIF, 50),
        ("large", 1920, 1920, Fit.INSIDE, Format.WEBP, 70),
        ("large", 1920, 1920, Fit.INSIDE, Format.AVIF, 50),
    ]


def test_limits_are_in_millions_and_default_where_they_are_not_set() -> None:
    limits = Settings({"MAX_IMAGE_MEGABYTES": "7", "MAX_FRAMES": "9"}).limits
    assert (limits.image_bytes, limits.frames, limits.pages) == (7_000_000, 9, 200)


def test_dead_letters_are_named_beside_the_queue_in_front_of_ingest() -> None:
    there = {"INGEST_QUEUE": "https://sqs.us-east-1.amazonaws.com/123456789012/ingest"}
    named = Settings({**there, "DEAD_LETTERS": "image=letters-1 av=letters-2"}).dead_letters
    assert dict(named) == {
        "image": "https://sqs.us-east-1.amazonaws.com/123456789012/letters-1",
        "av": "https://sqs.us-east-1.amazonaws.com/123456789012/letters-2",
    }


def test_the_functions_memory_is_what_lambda_says() -> None:
    assert Settings({"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "3008"}).memory_bytes == 3_008 * 2**20


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RENDITIONS", "thumbnail"),
        ("RENDITIONS", "thumbnail=0"),
        ("RENDITIONS", "thumbnail=256:stretch"),
        ("RENDITIONS", "metadata=256"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=name):
        _ = Settings({name: value}).profiles


@pytest.mark.parametrize(
    ("name", "property_", "value"),
    [
        ("COLOR", "keep_colour", "p3"),
        ("REPEATS", "stores_repeats", "never"),
        ("WATERMARK_STYLE", "watermark_style", "somewhere"),
    ],
)
def test_a_word_that_nobody_knows_is_named(name: str, property_: str, value: str) -> None:
    with pytest.raises(BadSetting, match=name):
        getattr(Settings({name: value}), property_)


def test_the_looks_of_pictures_are_parameters_with_defaults() -> None:
    nothing = Settings({})
    assert (nothing.keep_colour, nothing.stores_repeats, nothing.watermark) == (False, True, None)
    said = Settings({"COLOR": "keep", "REPEATS": "once", "WATERMARK": "brand/a/logo.png"})
    assert (said.keep_colour, said.stores_repeats) == (True, False)
    assert said.watermark == ("brand", "a/logo.png")


def test_a_missing_variable_is_named() -> None:
    with pytest.raises(BadSetting, match="ASSETS_TABLE"):
        _ = Settings({}).assets_table
