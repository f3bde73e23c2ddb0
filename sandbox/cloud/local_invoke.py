"""`local-invoke`: one function in a container of `sam local invoke`, with the running sandbox around it."""

import json
import re
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from samcli.yamlhelper import yaml_dump, yaml_parse

from sandbox.cloud.containers import reachable
from sandbox.cloud.deploy import ARCHITECTURE, STACK, Stack
from sandbox.cloud.ministack import REGION, STATE, SandboxError
from sandbox.cloud.sam import BUILT, environment

ENV_FILE = STATE / "env.json"
TEMPLATE_FILE = STATE / "template.yaml"
_LOOPBACK = re.compile(r"^http://(127\.0\.0\.1|localhost):")


def run(arguments: Sequence[str]) -> int:
    """Run `sam local invoke` with a way from its container to the sandbox; its exit status.

    The way is open for as long as it runs. Raises SandboxError.
    """
    variables = _running()
    urls = [urlsplit(value) for value in variables.values() if value.startswith("http://")]
    name, bucket = urlsplit(variables["AWS_ENDPOINT_URL"]).hostname or "", variables["PAYLOAD_BUCKET"]
    with reachable({url.port or 0 for url in urls if url.hostname == name}, name) as address:
        hosts = [f"--add-host={host}:{address}" for host in (name, f"{bucket}.{name}")]
        command = ["sam", "local", "invoke", "--config-env", "sandbox", *hosts, *arguments]
        return subprocess.run(command, env=_environ(variables), check=False).returncode


def _running() -> dict[str, str]:
    """The variables of all functions of the running sandbox. Raises SandboxError."""
    try:
        functions = json.loads(ENV_FILE.read_text("utf-8")).values()
        variables = {name: value for function in functions for name, value in function.items()}
        with socket.create_connection(("127.0.0.1", urlsplit(variables["AWS_ENDPOINT_URL"]).port or 0), 5):
            return variables
    except OSError:
        raise SandboxError("the sandbox is not up: `make up` in another terminal starts it") from None


def _environ(variables: Mapping[str, str]) -> dict[str, str]:
    """SAM hands its own region and key on to the container: the sandbox's, whatever the shell has."""
    own = {name: variables[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    own |= {"AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}
    left_out = ("AWS_PROFILE", "AWS_SESSION_TOKEN")
    return {name: value for name, value in environment().items() if name not in left_out} | own


@contextmanager
def local_invoke_files() -> Iterator[None]:
    """Take away what was written for `sam local invoke` when the sandbox it leads to is gone."""
    try:
        yield
    finally:
        for path in (ENV_FILE, TEMPLATE_FILE):
            path.unlink(missing_ok=True)


def write_local_invoke(stack: Stack) -> None:
    """Write .sandbox/env.json, by logical id, and a copy of the built template that takes all of it.

    Both hold the sandbox's key, and are for this user's eyes alone.

    SAM hands on only those variables that the template declares, and AWS_ENDPOINT_URL is not one of the
    real template's.
    """
    variables = {name: _variables(stack, function) for name, function in _functions(stack).items()}
    _write_private(ENV_FILE, json.dumps(variables, indent=2))
    template: dict[str, Any] = yaml_parse((BUILT / "template.yaml").read_text("utf-8"))
    # Containers for another processor than this machine's would need an emulator.
    template["Parameters"]["Architecture"]["Default"] = ARCHITECTURE
    for resource in template["Resources"].values():
        for place in ("CodeUri", "ContentUri"):
            if isinstance(found := resource.get("Properties", {}).get(place), str):
                resource["Properties"][place] = str(BUILT / found)
    for name, given in variables.items():
        template["Resources"][name]["Properties"]["Environment"] = {"Variables": given}
    _write_private(TEMPLATE_FILE, yaml_dump(template))


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    path.touch(0o600)
    path.write_text(text, "utf-8")


def _functions(stack: Stack) -> dict[str, str]:
    """Logical id -> name of each deployed function."""
    listed = stack.cloud.client("cloudformation").describe_stack_resources(StackName=STACK)
    return {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for resource in listed["StackResources"]
        if resource["ResourceType"] == "AWS::Lambda::Function"
    }


def _variables(stack: Stack, function: str) -> dict[str, str]:
    described = stack.cloud.client("lambda").get_function_configuration(FunctionName=function)
    own = {"AWS_ENDPOINT_URL": stack.cloud.url, **stack.cloud.key.environ}
    given = described["Environment"]["Variables"] | own
    return {name: _LOOPBACK.sub(f"http://{stack.cloud.key.host}:", value) for name, value in given.items()}
