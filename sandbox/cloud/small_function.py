"""Small functions beside the relay's, as a downstream system has them."""

import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.cloud.deploy import ARCHITECTURE
from sandbox.cloud.ministack import Cloud

_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def small_function(
    cloud: Cloud,
    name: str,
    code: str,
    *,
    layers: Iterable[str] = (),
    allowed: Iterable[Mapping[str, Any]] = (),
) -> str:
    """Make a function whose `handler` is in `code`, with a role that may do what is allowed; its ARN."""
    iam = cloud.client("iam")
    role = iam.create_role(RoleName=f"{name}-role", AssumeRolePolicyDocument=json.dumps(_TRUST))["Role"]
    statements = [{"Effect": "Allow", **statement} for statement in allowed]
    if statements:
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.put_role_policy(RoleName=role["RoleName"], PolicyName="allowed", PolicyDocument=document)
    made = cloud.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Architectures=[ARCHITECTURE],
        Handler="app.handler",
        Role=role["Arn"],
        Timeout=30,
        Layers=list(layers),
        Code={"ZipFile": _zipped(code)},
    )
    arn: str = made["FunctionArn"]
    return arn


def _zipped(code: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", code)
    return buffer.getvalue()
