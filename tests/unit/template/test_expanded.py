"""What SAM makes of template.yaml: the properties that only show there."""

from typing import Any

import pytest

from tests.support.expanding import expand
from tests.support.template import RESOURCES, TEMPLATE

KINDS_WITH_NAMES = (
    "AWS::Scheduler::Schedule", "AWS::SNS::Topic", "AWS::IAM::Role", "AWS::Logs::LogGroup",
    "AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard",
)  # fmt: skip


@pytest.fixture(scope="module")
def expanded() -> dict[str, Any]:
    """Resources as CloudFormation gets them, with every parameter at its default."""
    return expand()


def of_type(resources: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [one["Properties"] for one in resources.values() if one["Type"] == kind]


def test_a_second_stack_fits_into_the_account(expanded: dict[str, Any]) -> None:
    """A name that does not hold the stack's is taken once the first stack stands."""
    names = [
        value
        for kind in KINDS_WITH_NAMES
        for properties in of_type(expanded, kind)
        for name, value in properties.items()
        if name in ("Name", "TopicName", "RoleName", "LogGroupName", "AlarmName", "DashboardName")
    ]

    assert names
    assert [name for name in names if "${AWS::StackName}" not in str(name)] == []


def test_the_api_is_closed_to_all_but_the_allowed_ranges(expanded: dict[str, Any]) -> None:
    (api,) = of_type(expanded, "AWS::ApiGateway::RestApi")
    statements = api["Body"]["x-amazon-apigateway-policy"]["Statement"]
    denied = [one for one in statements if one["Effect"] == "Deny"]

    ranges = [one["Condition"]["NotIpAddress"]["aws:SourceIp"] for one in denied]
    assert ranges == [{"Fn::Split": [",", "0.0.0.0/0,::/0"]}]


def test_the_api_is_never_traced_for_its_traces_hold_the_token(expanded: dict[str, Any]) -> None:
    (stage,) = of_type(expanded, "AWS::ApiGateway::Stage")

    assert "TracingEnabled" not in stage


def test_what_is_put_before_the_api_finds_its_stage_by_the_output(expanded: dict[str, Any]) -> None:
    """WAF wants the ARN of a stage, not that of an API."""
    (stage,) = of_type(expanded, "AWS::ApiGateway::Stage")
    arn = "arn:${AWS::Partition}:apigateway:${AWS::Region}::/restapis/${CallbackApi}/stages/"

    assert stage["RestApiId"] == {"Ref": "CallbackApi"}
    assert TEMPLATE["Outputs"]["CallbackApiArn"]["Value"] == {"Fn::Sub": arn + stage["StageName"]}


def test_bodies_reach_the_function_as_bytes(expanded: dict[str, Any]) -> None:
    (api,) = of_type(expanded, "AWS::ApiGateway::RestApi")

    assert api["Body"]["x-amazon-apigateway-binary-media-types"] == ["*/*"]


def test_the_callback_is_the_only_way_in(expanded: dict[str, Any]) -> None:
    (api,) = of_type(expanded, "AWS::ApiGateway::RestApi")

    routes = {path: sorted(methods) for path, methods in api["Body"]["paths"].items()}
    assert routes == {"/callback/{token}": ["post"], "/callback/{token}/{slug}": ["post"]}


def test_a_schedule_s_role_serves_this_account_alone_and_calls_what_the_schedule_calls(
    expanded: dict[str, Any],
) -> None:
    """Without its source account, another account's schedule could have the scheduler use the role."""
    schedules = of_type(expanded, "AWS::Scheduler::Schedule")
    for schedule in schedules:
        role = expanded[schedule["Target"]["RoleArn"]["Fn::GetAtt"][0]]["Properties"]
        (trusted,) = role["AssumeRolePolicyDocument"]["Statement"]
        (policy,) = role["Policies"]
        (allowed,) = policy["PolicyDocument"]["Statement"]

        assert trusted["Principal"] == {"Service": "scheduler.amazonaws.com"}
        assert trusted["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
        assert (allowed["Action"], allowed["Resource"]) == (
            "lambda:InvokeFunction",
            schedule["Target"]["Arn"],
        )

    assert len(schedules) == 2


def test_no_role_is_made_that_the_template_does_not_show(expanded: dict[str, Any]) -> None:
    roles = {name for name, one in expanded.items() if one["Type"] == "AWS::IAM::Role"}

    assert roles == {name for name, one in RESOURCES.items() if one["Type"] == "AWS::IAM::Role"}
