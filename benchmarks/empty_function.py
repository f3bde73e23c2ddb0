"""A function that does nothing, in a stack of its own behind the same kind of API as the callback."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.portal_server import NotAsClaimedError
from sandbox.cloud import Cloud
from sandbox.deploy import ARCHITECTURE, Stack

STACK = "mozi-relay-empty"
CODE = """
def handler(event, context):
    return {"statusCode": 200, "body": "{}"}
"""
_READY_SECONDS = 60


def _route(path: str) -> dict[str, Any]:
    return {"Type": "Api", "Properties": {"RestApiId": {"Ref": "Api"}, "Path": path, "Method": "POST"}}


TEMPLATE = {
    "AWSTemplateFormatVersion": "2010-09-09",
    "Transform": "AWS::Serverless-2016-10-31",
    "Resources": {
        "Api": {
            "Type": "AWS::Serverless::Api",
            "Properties": {"StageName": "relay", "BinaryMediaTypes": ["*~1*"]},
        },
        "Function": {
            "Type": "AWS::Serverless::Function",
            "Properties": {
                "Runtime": "python3.13",
                "Architectures": [ARCHITECTURE],
                "Handler": "index.handler",
                "InlineCode": CODE,
                "AutoPublishAlias": "live",
                "Events": {
                    "Callback": _route("/callback/{token}"),
                    "CallbackOfTag": _route("/callback/{token}/{slug}"),
                },
            },
        },
    },
    "Outputs": {
        "CallbackUrl": {
            "Value": {"Fn::Sub": "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/relay/callback"}
        },
        "CallbackFunctionName": {"Value": {"Ref": "Function"}},
    },
}


@contextmanager
def empty_function(cloud: Cloud) -> Iterator[Stack]:
    """Its stack, of which the callback's address is known; gone at the end. Raises NotAsClaimedError."""
    stacks = cloud.client("cloudformation")
    capabilities = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
    stacks.create_stack(StackName=STACK, TemplateBody=json.dumps(TEMPLATE), Capabilities=capabilities)
    try:
        yield Stack(cloud, _outputs(stacks))
    finally:
        stacks.delete_stack(StackName=STACK)


def _outputs(stacks: Any) -> dict[str, str]:
    deadline = time.monotonic() + _READY_SECONDS
    while (found := stacks.describe_stacks(StackName=STACK)["Stacks"][0])["StackStatus"] != "CREATE_COMPLETE":
        if found["StackStatus"] != "CREATE_IN_PROGRESS" or time.monotonic() > deadline:
            raise NotAsClaimedError(f"the empty function's stack: {found['StackStatus']}")
        time.sleep(0.2)
    return {entry["OutputKey"]: entry["OutputValue"] for entry in found["Outputs"]}
