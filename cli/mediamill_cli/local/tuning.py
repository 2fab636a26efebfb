"""What a deployment needs on this machine and not on AWS: retry soon, and publish in batches.

A queue on AWS hides a message for six times its function's timeout, because Lambda's pollers
fetch messages before a function is free. The local server fetches one only when it runs it, so
the timeout itself, and some room for a cold start, is enough; a function that died in the middle
of a file then gets it again in seconds instead of minutes.

AWS knows no action `sns:PublishBatch`: whoever may `sns:Publish` may send many at once. The local
server asks for an action of the call's own name.
"""

from __future__ import annotations

import json

from mediamill_cli.stack import Stack

COLD_START_SECONDS = 15


def tune(stack: Stack) -> None:
    """Let every queue that feeds a function wait one timeout of it; let functions tell of many."""
    _let_publish_batches(stack)
    for page in stack.functions.get_paginator("list_event_source_mappings").paginate():
        for mapping in page["EventSourceMappings"]:
            if ":sqs:" in mapping.get("EventSourceArn", ""):
                _retry_soon(stack, mapping["EventSourceArn"], mapping["FunctionArn"])


def _retry_soon(stack: Stack, queue_arn: str, function_arn: str) -> None:
    timeout = stack.functions.get_function_configuration(FunctionName=function_arn)["Timeout"]
    queue = stack.sqs.get_queue_url(QueueName=queue_arn.rsplit(":", 1)[-1])["QueueUrl"]
    stack.sqs.set_queue_attributes(
        QueueUrl=queue, Attributes={"VisibilityTimeout": str(timeout + COLD_START_SECONDS)}
    )


def _let_publish_batches(stack: Stack) -> None:
    """Every function tells the assets topic: the parts of a document, what a gate held back."""
    batches = {
        "Effect": "Allow",
        "Action": "sns:PublishBatch",
        "Resource": stack.output("AssetsTopicArn"),
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [batches]})
    iam = stack.session.client("iam", endpoint_url=stack.endpoint)
    for page in iam.get_paginator("list_roles").paginate():
        for role in page["Roles"]:
            if role["RoleName"].startswith(f"{stack.name}-"):
                iam.put_role_policy(
                    RoleName=role["RoleName"], PolicyName="batches", PolicyDocument=policy
                )
