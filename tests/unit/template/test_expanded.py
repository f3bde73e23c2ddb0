"""What SAM makes of template.yaml: the properties that only show there."""

from typing import Any

import pytest

from tests.support.expanding import expand
from tests.support.template import RESOURCES, TEMPLATE

# Of another resource, or within one that has a name or an id of its own.
NOT_ITS_OWN = {"FunctionName", "MetricName", "StageName"}


@pytest.fixture(scope="module")
def expanded() -> dict[str, Any]:
    """Resources as CloudFormation gets them, with every parameter at its default."""
    return expand()


def of_type(resources: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [one["Properties"] for one in resources.values() if one["Type"] == kind]


def test_a_second_stack_fits_into_the_account(expanded: dict[str, Any]) -> None:
    """A name that holds neither the stack's nor its id is taken once the first stack stands."""
    names = {
        f"{resource}.{name}": str(value)
        for resource, one in expanded.items()
        for name, value in one["Properties"].items()
        if name.endswith("Name") and name not in NOT_ITS_OWN and one["Type"] != "AWS::Lambda::Alias"
    }

    assert any(name.endswith(".LayerName") for name in names)
    own = ("${AWS::StackName}", "'AWS::StackId'")
    assert [name for name, value in names.items() if not any(one in value for one in own)] == []


def test_a_first_deploy_that_fails_leaves_only_what_goes_with_a_function_or_serves_the_whole_account(
    expanded: dict[str, Any],
) -> None:
    kept = {one["Type"] for one in expanded.values() if one.get("DeletionPolicy") == "Retain"}

    assert kept == {
        "AWS::ApiGateway::Account", "AWS::IAM::Role", "AWS::Lambda::LayerVersion", "AWS::Lambda::Version",
    }  # fmt: skip
    assert [
        name for name, one in expanded.items() if one["Type"] == "AWS::IAM::Role" and "DeletionPolicy" in one
    ] == ["AccessLogRole"]


def test_nothing_would_refuse_to_be_deleted_when_a_first_deploy_is_rolled_back(
    expanded: dict[str, Any],
) -> None:
    assert "DeletionProtection" not in str(expanded)


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
