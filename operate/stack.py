"""A deployed stack, found by its name and known by its outputs."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from pydantic import ValidationError

from operate.errors import NothingDoneError, UnfinishedError, operator_errors
from operate.output import plain
from relay.api.base import ActionAnswer, ActionRequest
from relay.api.error_types import INVALID_REQUEST

MESSAGES = "ApproximateNumberOfMessages"
# A function may work for 240 s before it answers. One that did not answer may have worked all the same, so
# it is not called again without a person's knowing.
_CALLS = Config(read_timeout=300, tcp_keepalive=True, retries={"total_max_attempts": 1})


class FunctionFailedError(UnfinishedError):
    """A function failed, and what it said; `error_type` is of `relay.api.error_types` where it knows why."""

    def __init__(self, function: str, error_type: str, said: str) -> None:
        super().__init__(f"{function} failed: {error_type}: {said}. Its log group says more.")
        self.error_type, self.said = error_type, said


@dataclass(frozen=True)
class Stack:
    """What the stack's outputs name, its parameters' values; `client` gives the client of an AWS service."""

    name: str
    outputs: Mapping[str, str]
    client: Callable[[str], Any]
    parameters: Mapping[str, str] = field(default_factory=dict)

    def output(self, name: str) -> str:
        """Returns an output's value. Raises NothingDoneError."""
        if name not in self.outputs:
            raise NothingDoneError(
                f"Stack {self.name} has no output {name}: it is not a Mozi Relay, or an older one."
            )
        return self.outputs[name]

    @property
    def callback_addresses(self) -> list[str]:
        """Where the gateway may deliver, each up to /callback: fixed addresses before the API's own."""
        fixed = self.outputs.get("StaticCallbackUrls", "")
        return list(filter(None, [*fixed.split(","), self.outputs.get("CallbackUrl", "")]))

    def queue_numbers(self, output: str, *attributes: str) -> list[int]:
        """Returns attributes of the queue that an output names. Raises what botocore raises."""
        queue = self.output(output)
        found = self.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=list(attributes))
        return [int(found["Attributes"].get(name, 0)) for name in attributes]

    def gateway[Answer: ActionAnswer](self, request: ActionRequest, answer: type[Answer]) -> Answer:
        """Returns the gateway function's answer. Raises NothingDoneError and UnfinishedError."""
        try:
            return self._invoke("GatewayFunctionName", request, answer)
        except KeyboardInterrupt:
            raise KeyboardInterrupt("the call under way goes on, and doing it again is safe") from None

    def recovery[Answer: ActionAnswer](self, request: ActionRequest, answer: type[Answer]) -> Answer:
        """Returns the recovery function's answer. Raises NothingDoneError and UnfinishedError."""
        return self._invoke("RecoveryFunctionName", request, answer)

    def _invoke[Answer: ActionAnswer](
        self, output: str, request: ActionRequest, answer: type[Answer]
    ) -> Answer:
        function = self.output(output)
        with operator_errors():
            response = self.client("lambda").invoke(
                FunctionName=function, Payload=json.dumps(request.payload())
            )
            payload = json.load(response["Payload"])
        if "FunctionError" not in response:
            return _model_of(payload, answer, function)
        kind, message = (plain(str(payload.get(name))) for name in ("errorType", "errorMessage"))
        if kind == INVALID_REQUEST:
            raise NothingDoneError(f"{function} does not take this: {message}")
        raise FunctionFailedError(function, kind, message)


def _model_of[Answer: ActionAnswer](payload: object, answer: type[Answer], function: str) -> Answer:
    try:
        return answer.model_validate(payload)
    except ValidationError as error:
        fields = ", ".join(
            ".".join(map(str, fault["loc"])) or "the whole" for fault in error.errors(include_input=False)
        )
        raise UnfinishedError(
            f"{function} answered what this program cannot read ({fields}): "
            "it is of another release; use the mozi-relay of the release that is deployed."
        ) from None


def find_stack(name: str, region: str | None, profile: str | None) -> Stack:
    """Returns the stack of that name. Raises NothingDoneError and UnfinishedError."""
    with operator_errors():
        session: Any = boto3.session.Session(region_name=region, profile_name=profile)

    @cache
    def client(service: str) -> Any:
        with operator_errors():
            return session.client(service, config=_CALLS if service == "lambda" else None)

    return stack_of(name, client)


def stack_of(name: str, client: Callable[[str], Any]) -> Stack:
    """Returns the stack of that name as these clients see it. Raises NothingDoneError and UnfinishedError."""
    stacks = client("cloudformation")
    with operator_errors():
        try:
            described = stacks.describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as error:
            # CloudFormation's word for a stack that it does not have.
            if error.response["Error"]["Code"] != "ValidationError":
                raise
            region = stacks.meta.region_name
            raise NothingDoneError(f"There is no stack {name} in {region} of this account.") from error
    outputs = {entry["OutputKey"]: entry["OutputValue"] for entry in described.get("Outputs", ())}
    given = {entry["ParameterKey"]: entry["ParameterValue"] for entry in described.get("Parameters", ())}
    return Stack(name, outputs, client, given)
