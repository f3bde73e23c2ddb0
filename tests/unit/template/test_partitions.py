"""The template is right in every partition, as SAM expands it there, and refuses what a partition lacks."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.session import Session
from cfnlint.api import lint  # type: ignore[import-untyped]

from relay.sqs import MESSAGE_BYTES
from tests.support.expanding import defaults, expanded_template, holds, with_values
from tests.support.template import TEMPLATE

REGIONS = ("us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1")
WITHOUT_TRACING = ("cn-north-1", "cn-northwest-1")
WITHOUT_SNAP_START = (*WITHOUT_TRACING, "us-gov-east-1", "us-gov-west-1")
ON = {
    "AccessLog": "Create",
    "AlarmTopicArn": "arn:aws:sns:us-east-1:123456789012:mine",
    "StaticIpVpcId": "vpc-0a1b2c3d",
    "StaticIpSubnetIds": "subnet-0a1b2c3d,subnet-4e5f6a7b",
    "SenderAccountIds": ["111122223333", "444455556666"],
    "SubscriberAccountIds": ["111122223333"],
    "OutboundSubnetIds": "subnet-0a1b2c3d,subnet-4e5f6a7b",
    "OutboundSecurityGroupIds": "sg-0a1b2c3d",
    "OutboundProxyUrl": "http://user:pass@proxy.example:8080",
    "PortalCaSecretArn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:authority-a1B2c3",
    "SnapStart": "On",
    "Tracing": "Active",
}


EXISTING = {"AccessLog": "Existing"}


def there(region: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a deploy there; what the region lacks stays off."""
    lacking = {"Tracing": WITHOUT_TRACING, "SnapStart": WITHOUT_SNAP_START}
    known = {"AWS::Partition": Session().get_partition_for_region(region)}
    return defaults() | known | {key: one for key, one in given.items() if region not in lacking.get(key, ())}


def deployed(region: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What is deployed there with these values: no parameters and no conditions are left."""
    resources = {
        name: {key: one for key, one in resource.items() if key != "Condition"}
        for name, resource in expanded_template(region=region)["Resources"].items()
        if "Condition" not in resource or holds(TEMPLATE["Conditions"][resource["Condition"]], parameters)
    }
    return {"Resources": with_values(resources, parameters)}


def refused(region: str, parameters: Mapping[str, Any]) -> list[str]:
    """The sentences with which CloudFormation refuses a deploy there, by the template's rules."""
    known = {**defaults(), **parameters, "AWS::Region": region}
    return [
        assertion["AssertDescription"]
        for rule in TEMPLATE["Rules"].values()
        if holds(rule["RuleCondition"], known)
        for assertion in rule["Assertions"]
        if not holds(assertion["Assert"], known)
    ]


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("switches", [{}, ON, EXISTING], ids=["off", "on", "existing log"])
def test_what_is_deployed_is_right_for_cfn_lint(region: str, switches: dict[str, Any]) -> None:
    parameters = there(region, switches)

    assert refused(region, parameters) == []
    assert [str(match) for match in lint(json.dumps(deployed(region, parameters)), regions=[region])] == []


@pytest.mark.parametrize("region", REGIONS)
def test_the_queues_take_as_much_as_sqs_does_there_and_dead_letters_no_less_than_notices(region: str) -> None:
    resources = deployed(region, there(region, {}))["Resources"]
    notices, dead_letters = (
        resources[name]["Properties"].get("MaximumMessageSize")
        for name in ("NoticeQueue", "NoticeDeadLetterQueue")
    )

    assert notices == dead_letters == (None if region.startswith("cn-") else MESSAGE_BYTES[-1])


@pytest.mark.parametrize("region", [*REGIONS, "cn-northwest-1", "us-gov-east-1"])
def test_what_a_partition_lacks_is_refused_with_a_sentence(region: str) -> None:
    said = refused(region, ON)

    assert any("X-Ray" in one for one in said) is (region in WITHOUT_TRACING)
    assert any("SnapStart" in one for one in said) is (region in WITHOUT_SNAP_START)
    assert all(one.endswith(".") for one in said)


def test_subnets_that_are_missing_are_refused_with_a_sentence_too() -> None:
    (said,) = refused("us-east-1", {"StaticIpVpcId": "vpc-0a1b2c3d"})

    assert "StaticIpSubnetIds" in said


def test_cfn_lint_knows_what_a_region_lacks() -> None:
    """So that what it does not say is no proof of nothing."""
    parameters = defaults() | {"SnapStart": "On"}
    said = lint(json.dumps(deployed("cn-north-1", parameters)), regions=["cn-north-1"])

    assert ["SnapStart" in str(match) for match in said] == [True]
