"""What CloudFormation gets: template.yaml as SAM expands it."""

import copy
import os
import re
from collections.abc import Mapping
from typing import Any

from samtranslator.translator.transform import transform

from tests.support.template import REGION, TEMPLATE

NO_VALUE = {"Ref": "AWS::NoValue"}


class ManagedPolicies:
    """Stands in for the list that SAM asks IAM for; no function of ours uses a policy by its name."""

    def load(self) -> dict[str, str]:
        return {}


def expanded_template(
    *, code: str = "s3://bucket/code", layer: str = "s3://bucket/layer", region: str = REGION
) -> dict[str, Any]:
    """The whole template, with the artefacts uploaded and, for SAM, parameters at their default."""
    environ, os.environ["AWS_DEFAULT_REGION"] = dict(os.environ), region
    try:
        template = copy.deepcopy(TEMPLATE)
        template["Resources"]["RelayLayer"]["Properties"]["ContentUri"] = layer
        template["Globals"]["Function"]["CodeUri"] = code
        made: dict[str, Any] = transform(template, defaults(), ManagedPolicies())
    finally:
        os.environ.clear()
        os.environ.update(environ)
    return made


def expand(*, code: str = "s3://bucket/code", layer: str = "s3://bucket/layer") -> dict[str, Any]:
    """The resources, by logical id."""
    resources: dict[str, Any] = expanded_template(code=code, layer=layer)["Resources"]
    return resources


def defaults() -> dict[str, Any]:
    """The parameters of a deploy that gives only what it must."""
    declared: dict[str, Any] = TEMPLATE["Parameters"]
    return {name: one.get("Default", "https://e.example") for name, one in declared.items()}


def with_values(value: Any, parameters: Mapping[str, Any]) -> Any:
    """A part of the template with the parameters' values in it; what only AWS knows stays as it is."""
    match value:
        case list():
            return [one for one in (with_values(each, parameters) for each in value) if one != NO_VALUE]
        case {"Ref": name} if name in parameters:
            return parameters[name]
        case {"Fn::Sub": str(text)}:
            filled = re.sub(r"\$\{(\w+)\}", lambda found: _named(found, parameters), text)
            return {"Fn::Sub": filled} if "${" in filled else filled
        case {"Fn::Sub": [str(text), dict(named)]}:
            known = {name: with_values(one, parameters) for name, one in named.items()}
            texts = {name: one for name, one in known.items() if isinstance(one, str)}
            filled = with_values({"Fn::Sub": text}, {**parameters, **texts})
            return {"Fn::Sub": [filled["Fn::Sub"], known]} if isinstance(filled, dict) else filled
        case {"Fn::If": [condition, then, otherwise]}:
            chosen = then if holds(TEMPLATE["Conditions"][condition], parameters) else otherwise
            return with_values(chosen, parameters)
        case {"Fn::Join": [between, {"Ref": name}]} if name in parameters:
            return between.join(parameters[name])
        case dict():
            valued = {name: with_values(one, parameters) for name, one in value.items()}
            return {name: one for name, one in valued.items() if one != NO_VALUE}
    return value


def _named(found: re.Match[str], parameters: Mapping[str, Any]) -> str:
    return str(parameters.get(found[1], found[0]))


def holds(condition: Any, parameters: Mapping[str, Any]) -> bool:
    """Whether a condition, or a rule's assertion, is true with these values."""
    match condition:
        case {"Fn::Not": [one]}:
            return not holds(one, parameters)
        case {"Fn::Equals": [one, other]}:
            return bool(with_values(one, parameters) == with_values(other, parameters))
        case {"Fn::Contains": [several, one]}:
            return with_values(one, parameters) in with_values(several, parameters)
        case {"Fn::Or": several}:
            return any(holds(one, parameters) for one in several)
        case {"Condition": name}:
            return holds(TEMPLATE["Conditions"][name], parameters)
    raise NotImplementedError(condition)
