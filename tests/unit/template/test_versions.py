"""Every function answers as a published version, which is whole, and a change makes another one."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest

from tests.support.expanding import defaults, expand, expanded_template, with_values
from tests.support.template import TEMPLATE, of_type

FUNCTIONS = sorted(of_type("AWS::Serverless::Function"))
PARAMETERS: dict[str, Any] = TEMPLATE["Parameters"]
LONGEST_DESCRIPTION = 256
EXPANDED = expanded_template()
RESOURCES: dict[str, Any] = EXPANDED["Resources"]
# The proxy is read at use: a function knows whether there is one.
WAY_OUT = {"OutboundSubnetIds": "subnet-1", "OutboundSecurityGroupIds": "sg-1", "OutboundProxyUrl": ""}
EVERY_FUNCTION = {"Architecture", "LogLevel", "Tracing"}
KNOWN = {
    "CallbackFunction": EVERY_FUNCTION | {"EventRetentionDays", "IdentityIgnoresFields", "SnapStart"},
    "GatewayFunction": EVERY_FUNCTION | {"GatewayBaseUrl", *WAY_OUT},
    "NoticeFunction": EVERY_FUNCTION | {"EnosBaseUrl", "EnosProducePath", "PortalCaSecretArn", *WAY_OUT},
    "RecoveryFunction": EVERY_FUNCTION | {"EventRetentionDays"},
}
# What a function is watched by counts all its versions, by its name alone.
MAKES_OR_WATCHES = {
    f"AWS::{kind}"
    for kind in ("Lambda::Version", "Lambda::Alias", "CloudWatch::Alarm", "CloudWatch::Dashboard")
}


def of(kind: str, resources: dict[str, Any] = RESOURCES) -> dict[str, Any]:
    """Logical id -> properties, for the resources of one type."""
    return {name: one["Properties"] for name, one in resources.items() if one["Type"] == f"AWS::{kind}"}


def versions(resources: dict[str, Any] = RESOURCES, /, **given: Any) -> dict[str, Any]:
    """Function -> what its version is known by; if that is another, a new version is published."""
    parameters = defaults() | given
    return {
        properties["FunctionName"]["Ref"]: (name, with_values(with_ids(properties, parameters), parameters))
        for name, properties in of("Lambda::Version", resources).items()
    }


def with_ids(value: Any, parameters: dict[str, Any]) -> Any:
    """With the id of each policy, which is another one if its description is another."""
    match value:
        case {"Fn::GetAtt": [policy, "PolicyId"]}:
            described = with_values(RESOURCES[policy]["Properties"]["Description"], parameters)
            return f"ANPA{sha256(described.encode()).hexdigest()[:17].upper()}"
        case dict():
            return {name: with_ids(one, parameters) for name, one in value.items()}
        case list():
            return [with_ids(one, parameters) for one in value]
    return value


def configurations(**given: Any) -> dict[str, Any]:
    """Function -> what Lambda is told of it."""
    functions = of("Lambda::Function").items()
    return {name: with_values(properties, defaults() | given) for name, properties in functions}


def other(parameter: str) -> Any:
    """Another value than the default."""
    declared, default = PARAMETERS[parameter], defaults()[parameter]
    if allowed := [one for one in declared.get("AllowedValues", ()) if one != default]:
        return allowed[0]
    return default + 1 if declared["Type"] == "Number" else f"{default}-other"


def longest(parameter: str) -> str:
    declared = PARAMETERS[parameter]
    if "AllowedValues" in declared:
        return max(map(str, declared["AllowedValues"]), key=len)
    return str(declared["MaxValue"]) if declared["Type"] == "Number" else "x" * declared["MaxLength"]


def changed(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def names_in(value: Any) -> Iterator[str]:
    """Logical ids that a value refers to, however it does."""
    match value:
        case {"Ref": name} | {"Fn::GetAtt": [name, *_]}:
            yield name
        case dict():
            for one in value.values():
                yield from names_in(one)
        case list():
            for one in value:
                yield from names_in(one)
        case str():
            yield from (part.partition("}")[0].partition(".")[0] for part in value.split("${")[1:])


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_a_parameter_that_a_function_knows_makes_a_new_version_of_it_and_of_no_other(parameter: str) -> None:
    """Publishing a function that has not changed is an error of CloudFormation's."""
    before = WAY_OUT if parameter in WAY_OUT else {}
    after = {**before, parameter: other(parameter)}
    knowing = {function for function, known in KNOWN.items() if parameter in known}

    assert changed(configurations(**before), configurations(**after)) == knowing
    assert changed(versions(**before), versions(**after)) == knowing


def test_another_address_of_the_proxy_makes_no_new_version_for_it_is_read_at_use() -> None:
    one, another = ({"OutboundProxyUrl": f"http://user:{word}@proxy:8080"} for word in ("pass", "word"))

    assert changed(configurations(**one), configurations(**another)) == set()
    assert changed(versions(**one), versions(**another)) == set()


def test_no_function_s_configuration_and_no_description_holds_the_proxy_s_password() -> None:
    given = {"OutboundProxyUrl": "http://user:pass-word@proxy:8080"}
    resources = {
        name: with_values(one, defaults() | given)
        for name, one in RESOURCES.items()
        if "pass-word" in str(with_values(one, defaults() | given))
    }

    assert {*resources} == {"OutboundProxySecret"}
    assert PARAMETERS["OutboundProxyUrl"]["NoEcho"] is True


def test_every_function_has_one_version_and_an_update_of_nothing_makes_no_other() -> None:
    assert sorted(versions()) == FUNCTIONS
    assert len(of("Lambda::Version")) == len(FUNCTIONS)
    assert versions(expand()) == versions()


@pytest.mark.parametrize("artefact", ["code", "layer"])
def test_other_code_and_another_layer_make_new_versions(artefact: str) -> None:
    resources = expand(**{artefact: "s3://bucket/changed"})

    assert changed(versions(), versions(resources)) == {*FUNCTIONS}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_description_with_the_longest_values_is_one_that_lambda_takes(function: str) -> None:
    _, version = versions(**{name: longest(name) for name in KNOWN[function]})[function]

    assert len(version["Description"]) <= LONGEST_DESCRIPTION
    assert "ANPA" in version["Description"] or not KNOWN[function] & {*WAY_OUT}
    assert set(version) == {"Description", "FunctionName"}


def test_a_version_outlives_its_place_in_the_template_under_no_condition() -> None:
    """CloudFormation takes a policy that is an `Fn::If` only with a transform of its own."""
    policies = [one["DeletionPolicy"] for one in RESOURCES.values() if one["Type"] == "AWS::Lambda::Version"]

    assert set(policies) == {"Retain"}


def test_nothing_calls_a_function_but_by_its_alias() -> None:
    callers = {
        name: one
        for name, one in RESOURCES.items()
        if one["Type"] not in MAKES_OR_WATCHES | {"AWS::Lambda::Function"}
    }
    past_it = {name for name, one in callers.items() if {*names_in(one)} & {*FUNCTIONS}}
    by_alias = {
        one["Type"] for one in callers.values() if any("FunctionAlias" in name for name in names_in(one))
    }

    configs = of("Lambda::EventInvokeConfig")
    assert past_it == {*configs}
    assert {config["Qualifier"] for config in configs.values()} == {"live"}
    assert by_alias == {
        "AWS::ApiGateway::RestApi", "AWS::ElasticLoadBalancingV2::TargetGroup", "AWS::IAM::Role",
        "AWS::Lambda::EventSourceMapping", "AWS::Lambda::Permission", "AWS::Scheduler::Schedule",
    }  # fmt: skip


def test_an_alias_is_that_of_the_version_in_force() -> None:
    aliases = of("Lambda::Alias").values()

    assert {one["FunctionName"]["Ref"]: one["FunctionVersion"] for one in aliases} == {
        function: {"Fn::GetAtt": [name, "Version"]} for function, (name, _) in versions().items()
    }


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_operator_calls_the_alias(function: str) -> None:
    (alias,) = {one["Name"] for one in of("Lambda::Alias").values()}

    assert EXPANDED["Outputs"][f"{function}Name"]["Value"] == {"Fn::Sub": f"${{{function}}}:{alias}"}


def test_no_snapshot_is_taken_unless_the_parameter_says_so() -> None:
    assert PARAMETERS["SnapStart"]["Default"] == "Off"
    assert "SnapStart" not in configurations()["CallbackFunction"]
    assert configurations(SnapStart="On")["CallbackFunction"]["SnapStart"] == {"ApplyOn": "PublishedVersions"}
