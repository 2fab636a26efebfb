"""The deployed API against calls that nobody thought of, made from its own OpenAPI document.

`make api-fuzz` makes 2,000; the tests make fewer. No call may end in a fault of the server, and no
answer be another than the document says: status, content type, schema, headers.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from made.pictures import jpeg
from made.pipeline import Pipeline
from made.web import Issuer, issuer
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.config import SchemathesisConfig

pytestmark = pytest.mark.e2e

CASES = int(os.environ.get("API_FUZZ_CASES", "120"))  # noqa: TID251  how long is whoever runs it
DOCUMENT = json.loads((Path(__file__).parents[2] / "docs" / "openapi.json").read_text())
NAMES = [
    operation["operationId"] for path in DOCUMENT["paths"].values() for operation in path.values()
]
KNOWN = ["fuzz/a.jpg", "fuzz/deleted.jpg", "fuzz/größe & 100%.jpg", "fuzz/broken.png"]
SCHEMA: Any = schemathesis.openapi.from_dict(DOCUMENT, config=SchemathesisConfig())


def checks() -> Sequence[Any]:
    load_all_checks()
    wanted = (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
    )
    return [schemathesis.checks.CHECKS.get_one(name) for name in wanted]


@pytest.fixture(scope="module")
def tokens(pipeline: Pipeline) -> Iterator[Issuer]:
    """A stack with some assets, that takes tokens: a signature would forbid odd addresses."""
    for key in KNOWN:
        pipeline.put(key, b"\x89PNG\r\n\x1a\nbroken" if "broken" in key else jpeg(90, 60))
    for key in KNOWN:
        pipeline.settled(key)
    pipeline.delete("fuzz/deleted.jpg")
    before = pipeline.stack.parameters()
    with issuer() as made:
        pipeline.given(ApiAccess="jwt", JwtIssuer=made.address, JwtAudience="app")
        yield made
        pipeline.given(**before)


@pytest.mark.parametrize("name", NAMES)
def test_every_answer_is_in_the_document(pipeline: Pipeline, tokens: Issuer, name: str) -> None:
    operation = SCHEMA.find_operation_by_id(name)
    headers = {"Authorization": f"Bearer {tokens.token(sub='fuzz')}"}
    held, met, cursors = checks(), Counter[int](), [""]
    cases = st.one_of(
        operation.as_strategy(generation_mode=GenerationMode.POSITIVE),
        operation.as_strategy(generation_mode=GenerationMode.NEGATIVE),
    )

    @settings(
        max_examples=max(1, CASES // len(NAMES)),
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
        derandomize=CASES < 1000,
    )
    @given(cases, st.sampled_from([*KNOWN, None, None]), st.randoms(use_true_random=False))
    def ask(case: Any, key: str | None, random: Any) -> None:
        if key is not None and "key" in case.path_parameters:
            case.path_parameters["key"] = key
        for word in ("cursor", "after"):
            if word in (case.query or {}) and random.random() < 0.7:
                case.query[word] = random.choice(cursors)
        if "wait" in (case.query or {}):
            case.query["wait"] = 0
        answer = case.call(base_url=pipeline.stack.api, headers=headers, allow_redirects=False)
        met[answer.status_code] += 1
        case.validate_response(answer, checks=held, headers=headers)
        if answer.status_code == 200 and answer.content:
            told = answer.json()
            cursors.extend(told[word] for word in ("next", "after") if word in told)

    ask()
    print(f"{name}: {sum(met.values())} calls, {dict(sorted(met.items()))}")
    assert met
