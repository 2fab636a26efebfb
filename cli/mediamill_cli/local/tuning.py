"""What a deployment needs on this machine and not on AWS: retry soon, and see new parameters.

A queue on AWS hides a message for six times its function's timeout, because Lambda's pollers
fetch messages before a function is free. The local server fetches one only when it runs it, so
the timeout itself, and some room for a cold start, is enough; a function that died in the middle
of a file then gets it again in seconds instead of minutes.

The queues call a published version. AWS sees the values of parameters where it decides whether to
publish another one; the local server sees their names, and would keep the old values.
"""

from __future__ import annotations

from mediamill_cli.stack import Stack

COLD_START_SECONDS = 15


def tune(stack: Stack) -> None:
    """Let every queue that feeds a function wait one timeout of it, and call what was deployed."""
    for page in stack.functions.get_paginator("list_event_source_mappings").paginate():
        for mapping in page["EventSourceMappings"]:
            if ":sqs:" in mapping.get("EventSourceArn", ""):
                _retry_soon(stack, mapping["EventSourceArn"], mapping["FunctionArn"])
                _publish(stack, mapping["FunctionArn"])


def _retry_soon(stack: Stack, queue_arn: str, function_arn: str) -> None:
    timeout = stack.functions.get_function_configuration(FunctionName=function_arn)["Timeout"]
    queue = stack.sqs.get_queue_url(QueueName=queue_arn.rsplit(":", 1)[-1])["QueueUrl"]
    stack.sqs.set_queue_attributes(
        QueueUrl=queue, Attributes={"VisibilityTimeout": str(timeout + COLD_START_SECONDS)}
    )


def _publish(stack: Stack, function_arn: str) -> None:
    """Move the alias that a queue calls to what was deployed, where it has another environment."""
    function, _, alias = function_arn.partition(":function:")[2].partition(":")
    if not alias:
        return
    deployed = stack.functions.get_function_configuration(FunctionName=function)
    called = stack.functions.get_function_configuration(FunctionName=function, Qualifier=alias)
    if deployed.get("Environment") != called.get("Environment"):
        version = stack.functions.publish_version(FunctionName=function)["Version"]
        stack.functions.update_alias(FunctionName=function, Name=alias, FunctionVersion=version)
