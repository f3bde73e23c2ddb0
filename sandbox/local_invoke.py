"""What `sam local invoke` needs so that a function in its container uses the running sandbox."""

import json
import re
from typing import Any

from samcli.yamlhelper import yaml_dump, yaml_parse

from sandbox.build import BUILT
from sandbox.cloud import STATE
from sandbox.deploy import ARCHITECTURE, STACK, Stack

ENV_FILE = STATE / "env.json"
TEMPLATE_FILE = STATE / "template.yaml"
_LOOPBACK = re.compile(r"^http://(127\.0\.0\.1|localhost):")


def write_local_invoke(stack: Stack, host: str) -> None:
    """Write .sandbox/env.json, by logical id, and a copy of the built template that takes all of it.

    `host` is where a container finds this machine's loopback.

    SAM hands on only those variables that the template declares, and AWS_ENDPOINT_URL is not one of the
    real template's.
    """
    variables = {name: _variables(stack, function, host) for name, function in _functions(stack).items()}
    ENV_FILE.write_text(json.dumps(variables, indent=2), "utf-8")
    template: dict[str, Any] = yaml_parse((BUILT / "template.yaml").read_text("utf-8"))
    # Containers for another processor than this machine's would need an emulator.
    template["Parameters"]["Architecture"]["Default"] = ARCHITECTURE
    for resource in template["Resources"].values():
        for place in ("CodeUri", "ContentUri"):
            if isinstance(found := resource.get("Properties", {}).get(place), str):
                resource["Properties"][place] = str(BUILT / found)
    for name, given in variables.items():
        template["Resources"][name]["Properties"]["Environment"] = {"Variables": given}
    TEMPLATE_FILE.write_text(yaml_dump(template), "utf-8")


def _functions(stack: Stack) -> dict[str, str]:
    """Logical id -> name of each deployed function."""
    listed = stack.cloud.client("cloudformation").describe_stack_resources(StackName=STACK)
    return {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for resource in listed["StackResources"]
        if resource["ResourceType"] == "AWS::Lambda::Function"
    }


def _variables(stack: Stack, function: str, host: str) -> dict[str, str]:
    described = stack.cloud.client("lambda").get_function_configuration(FunctionName=function)
    given = {**described["Environment"]["Variables"], "AWS_ENDPOINT_URL": stack.cloud.url}
    return {name: _LOOPBACK.sub(f"http://{host}:", value) for name, value in given.items()}
