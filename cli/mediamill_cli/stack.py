"""A deployed stack: its outputs, and clients for the account and region it is in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from mediamill_cli.errors import Failure

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

DEFAULT_NAME = "mediamill"
# Uploads and polls share the connections; more than the threads that use them gains nothing.
_CONNECTIONS = 32


@dataclass(frozen=True)
class Stack:
    """A deployed stack: its name, its outputs, and clients for its account and region."""

    name: str
    session: boto3.Session
    endpoint: str | None = None

    @property
    def is_local(self) -> bool:
        return self.endpoint is not None

    def client(self, service: Any) -> Any:
        """A new client of any service."""
        config = Config(
            max_pool_connections=_CONNECTIONS,
            signature_version="s3v4" if service == "s3" else None,  # links, in every region
            retries={"mode": "standard", "max_attempts": 5},
            # A proxy is for the way out, and the local stack is not out.
            proxies={} if self.is_local else None,
        )
        return self.session.client(service, endpoint_url=self.endpoint, config=config)

    @cached_property
    def s3(self) -> S3Client:
        client: S3Client = self.client("s3")
        return client

    @cached_property
    def dynamodb(self) -> DynamoDBClient:
        client: DynamoDBClient = self.client("dynamodb")
        return client

    @cached_property
    def sqs(self) -> SQSClient:
        client: SQSClient = self.client("sqs")
        return client

    @cached_property
    def functions(self) -> LambdaClient:
        client: LambdaClient = self.client("lambda")
        return client

    @cached_property
    def secrets(self) -> SecretsManagerClient:
        client: SecretsManagerClient = self.client("secretsmanager")
        return client

    @cached_property
    def cloudformation(self) -> CloudFormationClient:
        client: CloudFormationClient = self.client("cloudformation")
        return client

    def status(self) -> str:
        """The stack's status as CloudFormation tells it, empty if there is no such stack."""
        description = self._describe()
        return description["StackStatus"] if description else ""

    def parameters(self) -> Mapping[str, str]:
        """The template's parameters as the stack was deployed with; empty if there is none."""
        description = self._describe() or {}
        return {
            given["ParameterKey"]: given["ParameterValue"]
            for given in description.get("Parameters", [])
        }

    @cached_property
    def outputs(self) -> Mapping[str, str]:
        """The stack's outputs. Raises Failure if there is no such stack."""
        description = self._describe()
        if description is None:
            raise Failure(
                f"There is no stack named {self.name}"
                + ("" if self.is_local else f" in {self.session.region_name}")
                + ".",
                do="Run `mediamill up` to deploy it."
                if self.is_local
                else "Name the right one with --stack, --region and --profile, "
                "or deploy it with `sam build && sam deploy --guided`.",
            )
        return {
            output["OutputKey"]: output["OutputValue"] for output in description.get("Outputs", [])
        }

    def output(self, name: str) -> str:
        """One output. Raises Failure if the stack has none of that name."""
        try:
            return self.outputs[name]
        except KeyError:
            raise Failure(
                f"The stack {self.name} has no output {name}.",
                do="It is not a mediamill stack, or an older one: deploy it again.",
            ) from None

    @property
    def uploads(self) -> str:
        """The bucket that originals go to."""
        return self.output("UploadsBucketName")

    @property
    def results(self) -> str:
        """The bucket that derivatives and manifests are in."""
        return self.output("ResultsBucketName")

    @property
    def api(self) -> str:
        """The address of the HTTP API, without a slash at its end."""
        if self.is_local:  # the output names a host that no resolver knows
            return f"{self.endpoint}/_aws/execute-api/{self.output('ApiId')}"
        return self.output("ApiUrl")

    def _describe(self) -> Any:
        try:
            return self.cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ValidationError":  # "does not exist"
                return None
            raise
