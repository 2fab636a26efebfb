"""What a stack was deployed with: the names of its resources, its functions' environment."""

from __future__ import annotations

from mediamill_cli.errors import Failure
from mediamill_cli.stack import Stack


def physical(stack: Stack, logical: str) -> str:
    """A resource's name. Raises Failure if the stack has no such resource."""
    try:
        answer = stack.cloudformation.describe_stack_resource(
            StackName=stack.name, LogicalResourceId=logical
        )
    except stack.cloudformation.exceptions.ClientError as error:
        raise Failure(
            f"The stack {stack.name} has no {logical}.", do="Deploy it first: `mediamill up`."
        ) from error
    return answer["StackResourceDetail"]["PhysicalResourceId"]


def environment(stack: Stack, logical: str) -> dict[str, str]:
    """The environment variables of a deployed function."""
    name = physical(stack, logical)
    deployed = stack.functions.get_function_configuration(FunctionName=name)
    return dict(deployed.get("Environment", {}).get("Variables", {}))
