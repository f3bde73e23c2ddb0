"""The callback answers as a published version, of which Lambda can take a snapshot: never a stale one."""

import re
from typing import Any

from tests.support.expanding import expand
from tests.support.template import TEMPLATE

CALLBACK = TEMPLATE["Resources"]["CallbackFunction"]["Properties"]
PARAMETERS = TEMPLATE["Parameters"].keys()


def version(resources: dict[str, Any]) -> tuple[str, Any]:
    ((name, resource),) = [each for each in resources.items() if each[1]["Type"] == "AWS::Lambda::Version"]
    return name, resource["Properties"]


def parameters_in(value: Any) -> set[str]:
    """Names of the template's parameters that a value refers to."""
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return {name for one in inner for name in parameters_in(one)}
    names = {str(value), *re.findall(r"\$\{(\w+)\}", str(value))}
    return {name for name in names if name in PARAMETERS}


def test_all_parameters_that_the_callback_knows_stand_in_its_version_s_description() -> None:
    """CloudFormation publishes a version anew if one of its own properties has changed."""
    own = {name: CALLBACK[name] for name in ("Environment", "Timeout", "MemorySize") if name in CALLBACK}
    known = parameters_in([own, TEMPLATE["Globals"]["Function"]])

    assert known == {"Architecture", "EventRetentionDays", "LogLevel", "Tracing"}
    assert parameters_in(CALLBACK["VersionDescription"]) == known | {"SnapStart"}


def test_nothing_else_stands_in_it_for_a_version_of_an_unchanged_function_is_an_error() -> None:
    _, properties = version(expand())

    assert set(properties) == {"Description", "FunctionName"}
    assert "EnosBaseUrl" not in parameters_in(CALLBACK["VersionDescription"])


def test_other_code_makes_another_version() -> None:
    assert version(expand()) == version(expand())
    assert version(expand())[0] != version(expand(code="s3://bucket/changed"))[0]


def test_another_layer_makes_another_version() -> None:
    assert version(expand())[0] != version(expand(layer="s3://bucket/changed"))[0]


def test_a_version_goes_when_another_takes_its_place() -> None:
    (resource,) = [one for one in expand().values() if one["Type"] == "AWS::Lambda::Version"]

    assert resource["DeletionPolicy"] == "Delete"


def test_the_api_and_the_load_balancer_reach_the_version_in_force() -> None:
    resources = expand()
    (api,) = (one["Properties"] for one in resources.values() if one["Type"] == "AWS::ApiGateway::RestApi")
    uris = {
        method["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
        for path in api["Body"]["paths"].values()
        for method in path.values()
    }

    assert [uri.rpartition("/functions/")[2] for uri in uris] == ["${CallbackFunctionAliaslive}/invocations"]
    assert resources["CallbackTargets"]["Properties"]["Targets"] == [
        {"Id": {"Ref": "CallbackFunctionAliaslive"}}
    ]


def test_no_snapshot_is_taken_unless_the_parameter_says_so() -> None:
    function = expand()["CallbackFunction"]["Properties"]

    assert TEMPLATE["Parameters"]["SnapStart"]["Default"] == "Off"
    assert TEMPLATE["Conditions"]["HasSnapStart"] == {"Fn::Equals": [{"Ref": "SnapStart"}, "On"]}
    assert function["SnapStart"] == {
        "Fn::If": ["HasSnapStart", {"ApplyOn": "PublishedVersions"}, {"Ref": "AWS::NoValue"}]
    }
