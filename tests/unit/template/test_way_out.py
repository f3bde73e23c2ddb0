"""The way out to both vendors: what is there when it is set, and nothing of it otherwise."""

import re
from typing import Any

import pytest

from relay.proxy import Proxy
from tests.support.expanding import defaults, expand, holds, with_values
from tests.support.template import TEMPLATE

RESOURCES = expand()
VPC = {"OutboundSubnetIds": "subnet-1,subnet-2", "OutboundSecurityGroupIds": "sg-1"}
PROXY = {"OutboundProxyUrl": "http://user:pass@proxy:8080"}
AUTHORITY = {"PortalCaSecretArn": "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:authority-a1B2c3"}
FUNCTIONS = ("Callback", "Gateway", "Notice", "Recovery")
READ = "secretsmanager:GetSecretValue"


def properties(resource: str, **given: Any) -> dict[str, Any]:
    valued: dict[str, Any] = with_values(RESOURCES[resource]["Properties"], defaults() | given)
    return valued


def rights(function: str, **given: Any) -> list[tuple[str, Any]]:
    """Action and resource of all that a function gets allowed beside its policy of every deploy."""
    policies = [one["Ref"] for one in properties(f"{function}Role", **given)["ManagedPolicyArns"]]
    return [
        (action, statement["Resource"])
        for policy in policies
        if holds(TEMPLATE["Conditions"][RESOURCES[policy]["Condition"]], defaults() | given)
        for statement in properties(policy, **given)["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    ]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_without_parameters_nothing_is_there(function: str) -> None:
    assert "VpcConfig" not in properties(f"{function}Function")
    assert rights(function) == []
    for name in ("NoticeWayOutPolicy", "GatewayWayOutPolicy", "OutboundProxySecret"):
        assert not holds(TEMPLATE["Conditions"][RESOURCES[name]["Condition"]], defaults())


@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_calls_a_vendor_is_in_the_subnets_and_nothing_else(function: str) -> None:
    outbound = function in ("Gateway", "Notice")
    config = properties(f"{function}Function", **VPC).get("VpcConfig")
    actions = {action for action, _ in rights(function, **VPC)}

    assert config == (
        {
            "SubnetIds": {"Fn::Split": [",", "subnet-1,subnet-2"]},
            "SecurityGroupIds": {"Fn::Split": [",", "sg-1"]},
        }
        if outbound
        else None
    )
    assert ("ec2:CreateNetworkInterface" in actions) is outbound
    assert {action.partition(":")[0] for action in actions} == ({"ec2"} if outbound else set())


def test_a_function_s_own_code_gets_no_right_to_network_interfaces() -> None:
    statements = properties("NoticeWayOutPolicy", **VPC)["PolicyDocument"]["Statement"]
    (denied,) = [one for one in statements if one["Effect"] == "Deny"]

    assert (denied["Action"], denied["Resource"]) == ("ec2:*", "*")
    assert [*denied["Condition"]["ArnLike"]] == ["lambda:SourceFunctionArn"]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_proxy_is_read_by_what_calls_a_vendor(function: str) -> None:
    secret = {"Fn::GetAtt": ["OutboundProxySecret", "Id"]}
    outbound = function in ("Gateway", "Notice")
    variables = properties(f"{function}Function", **PROXY)["Environment"]["Variables"]

    assert rights(function, **PROXY) == ([(READ, secret)] if outbound else [])
    assert variables.get("OUTBOUND_PROXY_SECRET_ARN") == (secret if outbound else None)
    assert properties("OutboundProxySecret", **PROXY)["SecretString"] == (
        '{"proxyUrl": "http://user:pass@proxy:8080"}'
    )


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_private_authority_is_read_for_the_portal_alone(function: str) -> None:
    (arn,) = AUTHORITY.values()
    notice = function == "Notice"
    variables = properties(f"{function}Function", **AUTHORITY)["Environment"]["Variables"]

    assert rights(function, **AUTHORITY) == ([(READ, arn)] if notice else [])
    assert variables.get("PORTAL_CA_SECRET_ARN") == (arn if notice else None)


@pytest.mark.parametrize("policy", ["NoticeWayOutPolicy", "GatewayWayOutPolicy"])
def test_a_policy_s_description_is_one_that_iam_takes(policy: str) -> None:
    declared = TEMPLATE["Parameters"]
    longest = {
        name: "x" * declared[name]["MaxLength"]
        for name in ("OutboundSubnetIds", "OutboundSecurityGroupIds", "OutboundProxyUrl", "PortalCaSecretArn")
    }

    assert len(properties(policy, **longest)["Description"]) <= 1000


@pytest.mark.parametrize(
    ("url", "taken"),
    [
        ("http://10.0.0.7:3128", True),
        ("http://[2001:db8::7]:65535", True),
        ("http://user:p%40ss@proxy.example:8080", True),
        ("http://user:@proxy:8080", True),
        ("http://proxy", False),
        ("https://proxy:8080", False),
        ("http://proxy:0", False),
        ("http://proxy:65536", False),
        ("http://proxy:8080/", False),
        ("http://user@proxy:8080", False),
        ('http://user:pa"ss@proxy:8080', False),
        ("http://user:pa\\ss@proxy:8080", False),
        ("http://user:${pass}@proxy:8080", False),
        ("proxy:8080", False),
    ],
)
def test_the_proxy_that_a_deploy_takes_is_the_one_that_the_functions_take(url: str, taken: bool) -> None:
    pattern = TEMPLATE["Parameters"]["OutboundProxyUrl"]["AllowedPattern"]

    assert bool(re.fullmatch(pattern, url)) is taken
    if taken:
        assert Proxy.at(url).port
    else:
        with pytest.raises(ValueError, match="host and a port"):
            Proxy.at(url)


@pytest.mark.parametrize(
    ("arn", "taken"),
    [
        ("", True),
        ("arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:portal/ca-a1B2c3", True),
        ("arn:aws:secretsmanager:us-east-1:123456789012:secret:ca", True),
        ("arn:aws:ssm:us-east-1:123456789012:parameter/ca", False),
        ("portal-ca", False),
        ("arn:aws:secretsmanager:us-east-1:123456789012:secret:*", False),
    ],
)
def test_the_authority_is_a_secret_by_its_arn(arn: str, taken: bool) -> None:
    pattern = TEMPLATE["Parameters"]["PortalCaSecretArn"]["AllowedPattern"]

    assert bool(re.fullmatch(pattern, arn)) is taken
