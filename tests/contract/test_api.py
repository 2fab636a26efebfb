"""The HTTP API against its document, and its routes against who may call."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import expand
import pytest

ROOT = Path(__file__).parents[2]
WRITTEN = expand.template()
TOKENS = {"ApiAccess": "jwt", "JwtIssuer": "https://example.com/", "JwtAudience": "web,app"}
OPEN = {"GET /{proxy+}", "HEAD /{proxy+}"}


def routes(**parameters: str) -> dict[str, dict[str, Any]]:
    """Route → its properties, with these parameters."""
    made = expand.answered(WRITTEN, parameters)["Resources"]
    return {
        resource["Properties"]["RouteKey"]: resource["Properties"]
        for resource in made.values()
        if resource["Type"] == "AWS::ApiGatewayV2::Route"
    }


def test_the_published_document_is_what_the_operations_say() -> None:
    script = ROOT / "scripts" / "openapi.py"
    checked = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout


def test_nothing_is_open_to_everybody_unless_it_is_asked_for() -> None:
    assert {route["AuthorizationType"] for route in routes().values()} == {"AWS_IAM"}


def test_tokens_are_checked_on_every_route() -> None:
    made = routes(**TOKENS)
    assert {route["AuthorizationType"] for route in made.values()} == {"JWT"}
    assert {str(route["AuthorizerId"]) for route in made.values()} == {"{'Ref': 'ApiAuthorizer'}"}
    authorizer = expand.answered(WRITTEN, TOKENS)["Resources"]["ApiAuthorizer"]["Properties"]
    assert authorizer["JwtConfiguration"] == {
        "Issuer": TOKENS["JwtIssuer"],
        "Audience": ["web", "app"],
    }


def test_what_is_open_to_everybody_reads_and_whatever_else_is_signed() -> None:
    made = routes(ApiAccess="public-read")
    public = {key for key, route in made.items() if route["AuthorizationType"] == "NONE"}
    assert public == OPEN
    assert made["$default"]["AuthorizationType"] == "AWS_IAM"


@pytest.mark.parametrize("access", WRITTEN["Parameters"]["ApiAccess"]["AllowedValues"])
def test_every_way_in_leads_to_a_route_that_says_who_may(access: str) -> None:
    made = routes(**{**TOKENS, "ApiAccess": access})
    assert set(made) == {*OPEN, "$default"}
    assert all(route["AuthorizationType"] for route in made.values())


def test_tokens_have_every_attribute_that_the_pool_was_given() -> None:
    # Cognito, UserPoolClientType, ReadAttributes: unsaid, it is the standard attributes alone.
    given = {"ApiAccess": "jwt", "Users": "cognito"}
    made = expand.answered(WRITTEN, given)["Resources"]
    own = {f"custom:{each['Name']}" for each in made["UserPool"]["Properties"]["Schema"]}
    client = made["UserPoolClient"]["Properties"]
    assert own <= set(client["ReadAttributes"])
    assert set(client["WriteAttributes"]) <= set(client["ReadAttributes"])


@pytest.mark.parametrize("access", WRITTEN["Parameters"]["ApiAccess"]["AllowedValues"])
def test_a_browser_may_ask_before_it_has_credentials(access: str) -> None:
    # API Gateway, "Configuring CORS for an HTTP API with a $default route and an authorizer": that
    # route takes OPTIONS as well, and refuses it without credentials, which browsers never send.
    given = {**TOKENS, "ApiAccess": access, "UploadOrigins": "https://example.com"}
    made = routes(**given)
    assert made["OPTIONS /{proxy+}"]["AuthorizationType"] == "NONE"
    assert set(made) == {*OPEN, "OPTIONS /{proxy+}", "$default"}
    allowed = expand.answered(WRITTEN, given)["Resources"]["HttpApi"]["Properties"]
    headers = set(allowed["CorsConfiguration"]["AllowHeaders"])
    assert headers >= {"authorization", "content-type", "if-none-match"}
    signed = {"x-amz-content-sha256", "x-amz-date", "x-amz-security-token"}
    assert headers >= signed


@pytest.mark.parametrize(
    ("prefix", "is_one"),
    [
        ("", True),
        ("web/", True),
        ("users/{sub}/", True),
        ("{cognito:username}/in/", True),
        ("web", False),
        ("/web/", False),
        ("a b/", False),
        ("{}/", False),
        ("{sub/", False),
    ],
)
def test_a_prefix_is_a_folder_with_claims_in_it(prefix: str, is_one: bool) -> None:
    pattern = WRITTEN["Parameters"]["ApiPrefix"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, prefix)) is is_one
