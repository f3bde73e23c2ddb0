"""A deployed stack, found by its name and known by its outputs."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from operate.faults import Failed, Wrong, aws_faults
from relay.api.error_types import INVALID_REQUEST

# A function may work for 240 s before it answers. One that did not answer may have worked all the same, so
# it is not called again without a person's knowing.
_CALLS = Config(read_timeout=300, tcp_keepalive=True, retries={"total_max_attempts": 1})


@dataclass(frozen=True)
class Stack:
    """What the stack's outputs name, its parameters' values; `client` gives the client of an AWS service."""

    name: str
    outputs: Mapping[str, str]
    client: Callable[[str], Any]
    parameters: Mapping[str, str] = field(default_factory=dict)

    def output(self, name: str) -> str:
        """An output's value. Raises Wrong."""
        if name not in self.outputs:
            raise Wrong(f"Stack {self.name} has no output {name}: it is not a Mozi Relay, or an older one.")
        return self.outputs[name]

    def invoke(self, output: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Call the function that an output names; its answer. Raises Wrong and Failed."""
        function = self.output(output)
        with aws_faults():
            answer = self.client("lambda").invoke(FunctionName=function, Payload=json.dumps(request))
            payload: dict[str, Any] = json.load(answer["Payload"])
        if "FunctionError" not in answer:
            return payload
        kind, message = payload.get("errorType"), payload.get("errorMessage", "no message")
        if kind == INVALID_REQUEST:
            raise Wrong(f"{function} does not take this: {message}")
        raise Failed(f"{function} failed: {kind}: {message}. Its log group says more.")


def find_stack(name: str, region: str | None, profile: str | None) -> Stack:
    """The stack of that name. Raises Wrong and Failed."""
    with aws_faults():
        session: Any = boto3.session.Session(region_name=region, profile_name=profile)

    @cache
    def client(service: str) -> Any:
        with aws_faults():
            return session.client(service, config=_CALLS if service == "lambda" else None)

    return stack_of(name, client)


def stack_of(name: str, client: Callable[[str], Any]) -> Stack:
    """The stack of that name as these clients see it. Raises Wrong and Failed."""
    stacks = client("cloudformation")
    with aws_faults():
        try:
            described = stacks.describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as error:
            # CloudFormation's word for a stack that it does not have.
            if error.response["Error"]["Code"] != "ValidationError":
                raise
            region = stacks.meta.region_name
            raise Wrong(f"There is no stack {name} in {region} of this account.") from error
    outputs = {entry["OutputKey"]: entry["OutputValue"] for entry in described.get("Outputs", ())}
    given = {entry["ParameterKey"]: entry["ParameterValue"] for entry in described.get("Parameters", ())}
    return Stack(name, outputs, client, given)
