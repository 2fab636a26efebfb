"""Values to DynamoDB's attributes and back."""

from __future__ import annotations

import pytest
from boto3.dynamodb.types import TypeDeserializer

from mediamill.aws.items import attribute, value_of

HELD = {
    "text": "Été",
    "number": 12_345_678_901,
    "yes": True,
    "no": False,
    "nothing": None,
    "list": ["a", 1, {"deep": []}],
    "map": {"empty": {}},
}


def test_values_come_back_as_they_went() -> None:
    assert value_of(attribute(HELD)) == HELD


def test_attributes_are_what_boto3_understands() -> None:
    assert TypeDeserializer().deserialize(attribute(HELD)) == HELD


def test_truth_is_not_taken_for_a_number() -> None:
    assert attribute(True) == {"BOOL": True}
    assert attribute(1) == {"N": "1"}


def test_floats_are_refused_because_dynamodb_would_round_them() -> None:
    with pytest.raises(TypeError, match="float"):
        attribute({"seconds": 0.1})
