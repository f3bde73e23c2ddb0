"""A real `sam deploy` of the real template into the local cloud, and the stack that comes of it."""

import io
import json
import platform
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

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
    _number_concurrency(cloud)
    return Stack(cloud, outputs)


def _number_concurrency(cloud: Cloud) -> None:
    """ministack keeps a MaximumConcurrency that comes from a parameter as text, and then polls nothing."""
    functions = cloud.client("lambda")
    for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
        if limit := mapping.get("ScalingConfig", {}).get("MaximumConcurrency"):
            scaling = {"MaximumConcurrency": int(limit)}
            functions.update_event_source_mapping(UUID=mapping["UUID"], ScalingConfig=scaling)


def small_function(
    cloud: Cloud,
    name: str,
    code: str,
    *,
    layers: Iterable[str] = (),
    allowed: Iterable[Mapping[str, Any]] = (),
) -> str:
    """Make a function beside the relay's, as a downstream system has them; its ARN.

    Its `handler` is in `code`, and its role may do what is allowed.
    """
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam, code_zip = cloud.client("iam"), io.BytesIO()
    role = iam.create_role(RoleName=f"{name}-role", AssumeRolePolicyDocument=_policy([trust]))["Role"]
    if statements := [{"Effect": "Allow", **statement} for statement in allowed]:
        policy = _policy(statements)
        iam.put_role_policy(RoleName=role["RoleName"], PolicyName="allowed", PolicyDocument=policy)
    with zipfile.ZipFile(code_zip, "w") as archive:
        archive.writestr("app.py", code)
    made = cloud.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Architectures=[ARCHITECTURE],
        Handler="app.handler",
        Role=role["Arn"],
        Timeout=30,
        Layers=list(layers),
        Code={"ZipFile": code_zip.getvalue()},
    )
    return str(made["FunctionArn"])


def _policy(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
