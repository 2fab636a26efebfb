"""The API as one Lambda handler: a call in, decoded and given to its operation; its answer out.

Powertools' resolver matches routes and calls handlers of errors; msgspec reads and writes bodies.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from botocore.exceptions import ClientError

from mediamill.api import problem
from mediamill.api.call import Answer, Call
from mediamill.api.caller import Caller
from mediamill.api.models import ProblemDetails
from mediamill.api.operation import Operation
from mediamill.api.problem import BadRequest, Problem
from mediamill.aws.observe import LambdaHandler, logger

_VARIABLE = re.compile(r"<(\w+)>")
_THROTTLED = frozenset(
    {"ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"}
    | {"SlowDown", "TooManyRequestsException"}
)
_NO_BODY = frozenset({204, 304})


class _Resolver(APIGatewayHttpResolver):
    """Powertools' resolver, whose last variable takes slashes too: an asset's key has them."""

    @staticmethod
    def _compile_regex(rule: str, base_regex: str = "") -> re.Pattern[str]:
        *names, last = _VARIABLE.findall(rule) or [""]
        pattern = re.escape(rule).replace("\\<", "<").replace("\\>", ">")
        for name in names:
            pattern = pattern.replace(f"<{name}>", f"(?P<{name}>[^/]+)")
        return re.compile(pattern.replace(f"<{last}>", f"(?P<{last}>.+)") + r"\Z", re.DOTALL)


def handler(operations: Sequence[Operation], prefix: str = "") -> LambdaHandler:
    """A Lambda handler for an HTTP API (payload format 2.0) that answers these operations.

    All keys of a caller begin with `prefix`, with the claims of their token in it.
    """
    app = _Resolver()
    # The path that has more of its own comes first: /assets/{key} would take everything below it.
    for each in sorted(operations, key=_openness):
        rule = each.path.replace("{", "<").replace("}", ">")
        methods = ["GET", "HEAD"] if each.method == "GET" else [each.method]
        app.route(rule, method=methods)(_doing(app, each, prefix))
    paths = {each.path for each in operations}
    known = [_Resolver._compile_regex(re.sub(r"\{(\w+)\}", r"<\1>", path)) for path in paths]

    @app.not_found
    def nothing(_: NotFoundError) -> Response[str]:
        if app.current_event.http_method == "OPTIONS":  # API Gateway adds what pages may
            return Response(status_code=204, body="")
        if any(rule.match(app.current_event.path) for rule in known):
            method = app.current_event.http_method
            return _refused(app, problem.NotAllowed(f"Nothing here takes the method {method}."))
        return _refused(app, problem.NotFound("There is nothing at this path: see /openapi.json."))

    def failed(error: Exception) -> Response[str]:
        if isinstance(error, Problem):
            return _refused(app, error)
        if isinstance(error, ClientError) and error.response["Error"]["Code"] in _THROTTLED:
            logger.warning("AWS throttles", exc_info=True)
            return _refused(app, problem.Busy("Ask again.", headers={"Retry-After": "2"}))
        logger.exception("call failed")
        return _refused(app, Problem("The call failed; it is in the log."))

    app.exception_handler(Exception)(failed)

    @logger.inject_lambda_context(clear_state=True)
    def lambda_handler(event: Mapping[str, Any], context: Any) -> Any:
        return app.resolve(event, context)

    made: LambdaHandler = lambda_handler
    return made


def _openness(each: Operation) -> tuple[int, int]:
    return each.path.count("{"), -len(each.path)


def _doing(app: _Resolver, each: Operation, prefix: str) -> Callable[..., Response[str]]:
    def do(**path: str) -> Response[str]:
        event = app.current_event
        headers = {name.lower(): value for name, value in event.headers.items()}
        caller = Caller.of(event.raw_event)
        call = Call(
            path={name: _decoded(value) for name, value in path.items()},
            query=_typed(event.query_string_parameters or {}, each.query, "query"),
            body=None if each.body is None else _body(app, each),
            headers=headers,
            caller=caller,
            prefix=caller.prefix(prefix),
        )
        return _response(app, each.do(call))

    return do


def _decoded(text: str) -> str:
    """A part of the path: API Gateway decodes all of it but the percent sign."""
    return text.replace("%25", "%")


def _body(app: _Resolver, each: Operation) -> Any:
    try:
        plain = msgspec.json.decode(app.current_event.decoded_body or b"")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest("The body is no JSON.", code="bad_body") from error
    return _typed(plain, each.body, "body", strict=True)


def _typed(plain: Any, kind: Any, where: str, *, strict: bool = False) -> Any:
    try:
        return msgspec.convert(plain, kind, strict=strict)
    except msgspec.ValidationError as error:
        said, _, place = str(error).partition(" - at `$.")
        named = f" ({place.rstrip('`')})" if place else ""
        raise BadRequest(f"In the {where}{named}: {said}.", code=f"bad_{where}") from error


def _response(app: _Resolver, answer: Answer) -> Response[str]:
    is_silent = answer.status in _NO_BODY or app.current_event.http_method == "HEAD"
    body = "" if answer.body is None or is_silent else msgspec.json.encode(answer.body).decode()
    return Response(
        status_code=answer.status,
        content_type="application/json" if answer.body is not None else None,
        headers=dict(answer.headers),
        body=body,
    )


def _refused(app: _Resolver, said: Problem) -> Response[str]:
    details = ProblemDetails(
        type=f"urn:mediamill:problem:{said.code}",
        title=said.title,
        status=said.status,
        code=said.code,
        detail=said.detail,
        instance=app.current_event.raw_event.get("requestContext", {}).get("requestId"),
    )
    is_silent = app.current_event.http_method == "HEAD"
    return Response(
        status_code=said.status,
        content_type=problem.CONTENT_TYPE,
        headers={"Cache-Control": "no-store", **said.headers},
        body="" if is_silent else msgspec.json.encode(details).decode(),
    )
