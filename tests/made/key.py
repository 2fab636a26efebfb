"""Which actions of KMS a call asks of whoever makes it, where what it is about has a key of KMS.

No model of AWS has this; each row names the page of AWS's documentation that says it. A service
that keeps data for an action uses the key in the name of the caller, who needs these.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

DECRYPT = "kms:Decrypt"
GENERATE = "kms:GenerateDataKey"
NONE: frozenset[str] = frozenset()
READ = frozenset({DECRYPT})
SEND = frozenset({DECRYPT, GENERATE})  # a new data key is decrypted once, to check it

ASKED: Mapping[str, frozenset[str]] = {
    # S3, user guide, "Using server-side encryption with AWS KMS keys", Permissions: to put asks for
    # GenerateDataKey, to get for Decrypt, and an upload in parts for both, since its parts are read
    # when it is completed. Names, tags and deletions have no key.
    "s3:GetObject": READ,
    "s3:GetObjectVersion": READ,
    "s3:PutObject": frozenset({GENERATE}),
    "s3:ListMultipartUploadParts": READ,  # who may go on with an upload in parts, completes it
    "s3:AbortMultipartUpload": NONE,
    "s3:DeleteObject": NONE,
    "s3:DeleteObjectVersion": NONE,
    "s3:GetObjectTagging": NONE,
    "s3:GetObjectVersionTagging": NONE,
    "s3:PutObjectTagging": NONE,
    "s3:PutObjectVersionTagging": NONE,
    "s3:ListBucket": NONE,
    "s3:ListBucketVersions": NONE,
    # SQS, developer guide, "Key management", Configure KMS permissions for producers, … consumers.
    "sqs:SendMessage": SEND,
    "sqs:ReceiveMessage": READ,
    "sqs:DeleteMessage": NONE,
    "sqs:ChangeMessageVisibility": NONE,
    "sqs:GetQueueAttributes": NONE,
    # SNS, developer guide, "Key management", Allow a user to send messages to a topic with SSE.
    "sns:Publish": SEND,
    # DynamoDB, developer guide, "Encryption at rest usage notes", Monitoring, Decrypt: the table's
    # key is decrypted for the principal who accesses it, to write as well. It was generated with
    # the table, for whoever made that.
    **dict.fromkeys(
        (
            *("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:PutItem"),
            *("dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"),
        ),
        READ,
    ),
    "dynamodb:DescribeTable": NONE,
    # Secrets Manager, user guide, "Secret encryption and decryption", Permissions for the KMS key.
    "secretsmanager:GetSecretValue": READ,
    # CloudWatch Logs, user guide, "Encrypt log data using AWS KMS": the service itself has the key.
    "logs:CreateLogStream": NONE,
    "logs:PutLogEvents": NONE,
    # None of these keeps anything under the key.
    **dict.fromkeys(
        (
            *("s3:GetBucketNotification", "s3:PutBucketNotification", "events:PutRule"),
            *("events:DeleteRule", "events:PutTargets", "events:RemoveTargets"),
            *("events:DescribeRule", "events:ListTargetsByRule"),
        ),
        NONE,
    ),
    "xray:PutTraceSegments": NONE,
    "xray:PutTelemetryRecords": NONE,
    **dict.fromkeys(
        (
            *("ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"),
            *("ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses"),
            "ec2:UnassignPrivateIpAddresses",
        ),
        NONE,
    ),
}
"""Action → what of KMS it asks of its caller. Lambda reads a function's variables by a grant, which
it makes with the function, so that roles need nothing for it."""

OF_MESSAGES = SEND
"""What a service needs that sends to an encrypted queue: SQS, as above, "… for AWS services"."""

OF_LOGS = frozenset(
    {"kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"}
)
"""What CloudWatch Logs needs: its user guide, as above."""

OF_TABLES = frozenset(
    {
        *("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*"),
        *("kms:DescribeKey", "kms:CreateGrant"),
    }
)
"""What whoever deploys needs, so that DynamoDB can take the key: "Key policy for a customer managed
key" in its usage notes. Lambda's variables ask for two of these, Encrypt and CreateGrant."""

UNTOLD = {"events.amazonaws.com"}
"""Services that do not tell KMS for which account they send: no condition on it may be in the key's
policy. SNS, developer guide, "Key management", says so of EventBridge."""


def asked(actions: Iterable[str]) -> frozenset[str]:
    """What of KMS these actions ask for together. Raises KeyError for one that is not known."""
    return frozenset().union(*(ASKED[action] for action in actions))
