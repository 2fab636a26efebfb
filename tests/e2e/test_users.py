"""A user pool of the stack's own: users sign in on its page, and their tokens open the API."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from made.pipeline import Pipeline
from made.web import Got, call

pytestmark = pytest.mark.e2e

PAGE = "https://app.example.com/photos/"
ERIN, PASSWORD = "erin@example.com", "three ducks on a pond"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def pool(pipeline: Pipeline) -> Iterator[Any]:
    """The stack takes tokens of its own pool, in which there is one user."""
    stack, before = pipeline.stack, pipeline.stack.parameters()
    pipeline.given(
        ApiAccess="jwt",
        Users="cognito",
        UserDomain="mediamill-test",
        UserPages=f"{PAGE},http://localhost:8080/",
        ApiPrefix="users/{sub}/",
    )
    cognito: Any = stack.session.client("cognito-idp", endpoint_url=stack.endpoint)
    given = {"UserPoolId": stack.output("UserPoolId"), "Username": ERIN}
    cognito.admin_create_user(
        **given,
        UserAttributes=[
            {"Name": "email", "Value": ERIN},
            {"Name": "email_verified", "Value": "true"},
        ],
    )
    cognito.admin_set_user_password(**given, Password=PASSWORD, Permanent=True)
    yield cognito
    pipeline.given(**before)


def posted(url: str, fields: Mapping[str, str]) -> Got:
    return call("POST", url, body=urlencode(fields).encode(), headers=FORM)


def signed_in(pipeline: Pipeline, *, page: str = PAGE, verifier: str | None = None) -> Got:
    """What a page gets for a code, as a browser and the page's script go through it.

    With a `verifier`, somebody who has seen the code tries that in place of the page's own.
    """
    stack = pipeline.stack
    own = secrets.token_urlsafe(48)
    digest = hashlib.sha256(own.encode()).digest()
    asked = {
        "response_type": "code",
        "client_id": stack.output("UserClientId"),
        "redirect_uri": page,
        "scope": "openid email",
        "state": secrets.token_urlsafe(8),
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    form = call("GET", f"{stack.endpoint}/oauth2/authorize?{urlencode(asked)}")
    if form.status != 200:
        return form
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form.body.decode()))
    back = posted(f"{stack.endpoint}/login", {**hidden, "username": ERIN, "password": PASSWORD})
    assert back.status == 302, back.body
    assert back.headers["location"].startswith(f"{page}?")
    told = parse_qs(urlsplit(back.headers["location"]).query)
    assert told["state"] == [asked["state"]]
    return posted(
        f"{stack.endpoint}/oauth2/token",
        {
            "grant_type": "authorization_code",
            "client_id": asked["client_id"],
            "redirect_uri": page,
            "code": told["code"][0],
            "code_verifier": verifier or own,
        },
    )


def with_token(pipeline: Pipeline, token: str, method: str, path: str, **more: Any) -> Got:
    return call(
        method, pipeline.stack.api + path, headers={"Authorization": f"Bearer {token}"}, **more
    )


def test_who_signs_in_sees_their_own_folder(pipeline: Pipeline, pool: Any) -> None:
    tokens = signed_in(pipeline).json
    user = pool.admin_get_user(UserPoolId=pipeline.stack.output("UserPoolId"), Username=ERIN)
    (sub,) = [each["Value"] for each in user["UserAttributes"] if each["Name"] == "sub"]
    pipeline.stack.s3.put_object(
        Bucket=pipeline.stack.uploads, Key=f"users/{sub}/a.txt", Body=b"mine"
    )
    pipeline.settled(f"users/{sub}/a.txt")
    for token in (tokens["access_token"], tokens["id_token"]):
        (row,) = with_token(pipeline, token, "GET", "/assets").json["assets"]
        assert row["key"] == f"users/{sub}/a.txt"
        assert with_token(pipeline, token, "GET", "/assets/users/bob/a.txt").status == 403
    assert call("GET", f"{pipeline.stack.api}/assets").status == 401


def test_a_code_is_worth_nothing_without_the_pages_own_secret(
    pipeline: Pipeline, pool: Any
) -> None:
    stolen = signed_in(pipeline, verifier=secrets.token_urlsafe(48))
    assert (stolen.status, stolen.json["error"]) == (400, "invalid_grant")


def test_no_other_page_is_led_back_to(pipeline: Pipeline, pool: Any) -> None:
    assert signed_in(pipeline, page="http://localhost:8080/").status == 200
    assert signed_in(pipeline, page="https://evil.example.com/").status == 400


def test_nobody_makes_a_user_of_themselves(pipeline: Pipeline, pool: Any) -> None:
    # The emulator takes a sign-up all the same, so this is what AWS goes by.
    described = pool.describe_user_pool(UserPoolId=pipeline.stack.output("UserPoolId"))["UserPool"]
    assert described["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True


def test_a_token_for_another_client_of_the_pool_opens_nothing(
    pipeline: Pipeline, pool: Any
) -> None:
    flow = "ADMIN_USER_PASSWORD_AUTH"
    place = {"UserPoolId": pipeline.stack.output("UserPoolId")}
    made = pool.create_user_pool_client(
        **place, ClientName="other", ExplicitAuthFlows=[f"ALLOW_{flow}"]
    )
    client = made["UserPoolClient"]["ClientId"]
    answer = pool.admin_initiate_auth(
        **place,
        ClientId=client,
        AuthFlow=flow,
        AuthParameters={"USERNAME": ERIN, "PASSWORD": PASSWORD},
    )
    token = answer["AuthenticationResult"]["AccessToken"]
    assert with_token(pipeline, token, "GET", "/assets").status == 401
