"""The page about rights allows a deploying role what CloudFormation's own schemas say that it does."""

import json
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER  # type: ignore[import-untyped]

from tests.support.blocks import blocks
from tests.support.expanding import expand

# What the schemas name for features that the template does not use, and for reading and writing what is kept.
UNUSED = (
    "codedeploy:*", "cognito-idp:*", "dynamodb:*Item", "dynamodb:*Kinesis*", "dynamodb:*Replica",
    "dynamodb:DeleteResourcePolicy", "dynamodb:ImportTable", "dynamodb:PutResourcePolicy",
    "dynamodb:Query", "dynamodb:Scan", "dynamodb:UpdateContributorInsights", "ec2:AcceptAddressTransfer",
    "elasticfilesystem:*", "firehose:*", "iam:*GroupPolicy", "iam:*PermissionsBoundary", "iam:*UserPolicy",
    "kinesis:*", "kms:*",
    "lambda:DeleteProvisionedConcurrencyConfig", "lambda:GetCodeSigningConfig",
    "lambda:PassCapacityProvider", "lambda:Put*ConcurrencyConfig", "lambda:PutRuntimeManagementConfig",
    "logs:*DataProtectionPolicy", "logs:*IndexPolicy", "logs:*KmsKey", "logs:*Log*Stream*",
    "logs:*ResourcePolicy", "logs:CreateLogDelivery", "logs:PutBearerTokenAuthentication",
    "logs:PutLogEvents", "logs:PutLogGroupDeletionProtection", "s3:*Metadata*",
    "s3:DeleteBucketAnalyticsConfiguration", "s3:DeleteBucketCors", "s3:DeleteBucketEncryption",
    "s3:DeleteBucketLifecycle", "s3:DeleteBucketMetricsConfiguration", "s3:DeleteBucketReplication",
    "s3:DeleteBucketWebsite", "s3:DeleteObject", "s3:PutAccelerateConfiguration",
    "s3:PutAnalyticsConfiguration", "s3:PutIntelligentTieringConfiguration",
    "s3:PutInventoryConfiguration", "s3:PutMetricsConfiguration", "s3:PutObjectAcl",
    "s3:PutObjectLockConfiguration", "s3:PutReplicationConfiguration", "s3:REST.PUT.OBJECT", "s3files:*",
    "s3tables:*", "secretsmanager:*Region*", "secretsmanager:GetSecretValue",
    "sns:PutDataProtectionPolicy", "sns:Subscribe", "sns:Unsubscribe",
)  # fmt: skip


@cache
def allowed() -> list[str]:
    """Every action that the page's policies allow, by name or by pattern."""
    policies = [json.loads(one.text) for one in blocks("docs/rights.md") if one.language == "json"]
    actions = [statement["Action"] for policy in policies for statement in policy["Statement"]]
    return [one for action in actions for one in (action if isinstance(action, list) else [action])]


def kinds() -> list[str]:
    return sorted({resource["Type"] for resource in expand().values()})


@pytest.mark.parametrize("kind", kinds())
def test_a_role_with_these_rights_may_make_change_and_remove_every_kind_of_resource(kind: str) -> None:
    schema: Any = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    handlers = {name: one for name, one in schema["handlers"].items() if name != "list"}
    needed = {action for one in handlers.values() for action in one["permissions"]}

    assert needed
    assert [one for one in sorted(needed) if not covered(one, (*allowed(), *UNUSED))] == []


def covered(action: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(action, pattern) for pattern in patterns)


@pytest.mark.parametrize("pattern", sorted(set(allowed())))
def test_every_right_is_one_that_aws_knows(pattern: str) -> None:
    known = json.loads((files("cfnlint") / "data/AdditionalSpecs/Policies.json").read_text("utf-8"))
    service, _, action = pattern.partition(":")

    assert any(fnmatchcase(name, action.lower()) for name in known[service]["Actions"])
