"""A real `sam deploy` of the real template into the local cloud, and the stack that comes of it."""

import json
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sandbox.cloud.differences import number_concurrency
from sandbox.cloud.ministack import ROOT, Cloud, SandboxError
from sandbox.cloud.sam import sam

STACK = "mozi-relay-sandbox"
ARCHITECTURE = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"


class FunctionFailedError(SandboxError):
    """A function ended with an error instead of an answer; the message is what it said."""


@dataclass(frozen=True)
class Stack:
    """A deployed stack, known by its outputs."""

    cloud: Cloud
    outputs: dict[str, str]

    @property
    def callback_url(self) -> str:
        """The callback address up to `/callback`: CallbackUrl as the local cloud serves it."""
        split = urlsplit(self.outputs["CallbackUrl"])
        api = (split.hostname or "").partition(".")[0]
        stage, _, path = split.path.strip("/").partition("/")
        return f"{self.cloud.url}/restapis/{api}/{stage}/_user_request_/{path}"

    def token(self) -> str:
        """The token that belongs into the callback address."""
        secrets = self.cloud.client("secretsmanager")
        value = secrets.get_secret_value(SecretId=self.outputs["CallbackTokenSecretArn"])
        token: str = json.loads(value["SecretString"])["current"]
        return token

    def fill_secret(self, output: str, value: dict[str, str]) -> None:
        secrets = self.cloud.client("secretsmanager")
        secrets.put_secret_value(SecretId=self.outputs[output], SecretString=json.dumps(value))

    def invoke(self, output: str, event: dict[str, Any]) -> Any:
        """Call a function by the output that names it, and return its answer. Raises FunctionFailedError."""
        functions = self.cloud.client("lambda", read_timeout=120)
        answer = functions.invoke(FunctionName=self.outputs[output], Payload=json.dumps(event))
        payload = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise FunctionFailedError(f"{self.outputs[output]} failed; see {self.cloud.log}: {payload}")
        return payload


def deploy(cloud: Cloud, parameters: dict[str, str], folder: Path = ROOT) -> Stack:
    """Deploy what is built in a checkout and return the stack. Raises SandboxError."""
    given = {"Architecture": ARCHITECTURE, "NoticeBatchWindowSeconds": "1", **parameters}
    overrides = [f"{name}={value}" for name, value in given.items()]
    arguments = ["--config-env", "sandbox", "--stack-name", STACK, "--no-confirm-changeset"]
    arguments += ["--parameter-overrides", *overrides]
    sam("deploy", *arguments, log=cloud.sam_log, environ=cloud.environ, folder=folder)
    described = cloud.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    outputs = {entry["OutputKey"]: entry["OutputValue"] for entry in described["Outputs"]}
    number_concurrency(cloud)
    return Stack(cloud, outputs)
