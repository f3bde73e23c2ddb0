"""A first deploy that fails part-way leaves nothing of the stack's own behind."""

import shutil
from pathlib import Path

import pytest
from samcli.yamlhelper import yaml_dump, yaml_parse

from sandbox.cloud.deploy import STACK, deploy
from sandbox.cloud.ministack import ROOT, STATE, Cloud, SandboxError
from sandbox.cloud.sam import BUILT, build
from tests.support.template import RESOURCES

# A second version of an unchanged function is refused, when all that is kept otherwise has been made.
BROKEN = {
    "Type": "AWS::Lambda::Version",
    "DependsOn": [
        "GatewayFunctionAliaslive",
        *(name for name, one in RESOURCES.items() if one.get("DeletionPolicy") == "RetainExceptOnCreate"),
    ],
    "Properties": {"FunctionName": {"Ref": "GatewayFunction"}},
}


def broken(folder: Path) -> Path:
    """What is built, with one resource more that cannot be made."""
    build(STATE / "first-sam.log")
    copied = folder / ".aws-sam" / "build"
    shutil.copytree(BUILT, copied)
    shutil.copy(ROOT / "samconfig.toml", folder)
    template = yaml_parse((copied / "template.yaml").read_text("utf-8"))
    template["Resources"]["Broken"] = BROKEN
    (copied / "template.yaml").write_text(yaml_dump(template), "utf-8")
    return folder


def test_a_first_deploy_that_fails_leaves_no_table_bucket_queue_or_secret(tmp_path: Path) -> None:
    with Cloud("first") as cloud:
        with pytest.raises(SandboxError, match="sam deploy failed"):
            deploy(cloud, {"EnosBaseUrl": "https://enos.example"}, broken(tmp_path))

        (stack,) = cloud.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
        buckets = cloud.client("s3").list_buckets()["Buckets"]
        assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
        assert [one["Name"] for one in buckets if one["Name"].startswith(STACK)] == []
        assert cloud.client("dynamodb").list_tables()["TableNames"] == []
        assert cloud.client("sqs").list_queues().get("QueueUrls", []) == []
        assert cloud.client("secretsmanager").list_secrets()["SecretList"] == []
