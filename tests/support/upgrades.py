"""What an update of the stack would destroy: a record of what cannot be changed where state is held.

`python -m tests.support.upgrades` writes it anew, after a change that is wanted and stands in CHANGELOG.md.
"""

import json
from typing import Any, Final

from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER  # type: ignore[import-untyped]

from tests.support.expanding import expand
from tests.support.template import REGION, ROOT

RECORD: Final = ROOT / "tests" / "fixtures" / "holds-state.json"
# Kinds that hold state, and what no longer is where it was once another one has taken their place.
LOST: Final = {
    "AWS::ApiGateway::RestApi": "every registered callback address",
    "AWS::ApiGateway::Stage": "every registered callback address",
    "AWS::DynamoDB::Table": "every event",
    "AWS::EC2::EIP": "every registered callback address",
    "AWS::Lambda::LayerVersion": "the row of the layer's versions",
    "AWS::S3::Bucket": "what was too large for a topic",
    "AWS::SecretsManager::Secret": "the token, and with it every registered callback address, or credentials",
    "AWS::SNS::Topic": "every subscription",
    "AWS::SQS::Queue": "every notice and dead letter in it, and the address that senders know",
}
# These are changed in place, and what they hold is made anew all the same.
MADE_ANEW: Final = {"AWS::SecretsManager::Secret": ["GenerateSecretString"]}
# A layer is another one with every version; only its name is to stay.
NOT_KEPT: Final = {
    "AWS::Lambda::LayerVersion": {"CompatibleArchitectures", "CompatibleRuntimes", "Content", "Description"}
}
# SAM adds a digest of its content to a layer's logical id.
_DIGEST_LENGTH = 10

Record = dict[str, dict[str, Any]]


def current() -> Record:
    """The record of template.yaml as it is."""
    return record(expand())


def record(resources: dict[str, Any]) -> Record:
    """Logical id -> type and all that cannot be changed, for what holds state."""
    found = {}
    for name, resource in sorted(resources.items()):
        kind, properties = resource["Type"], resource.get("Properties", {})
        if kind in LOST:
            kept = {one: properties[one] for one in _fixed(kind) if one in properties}
            made_if = {"Condition": resource["Condition"]} if "Condition" in resource else {}
            found[_stable(name, kind)] = {"Type": kind, **made_if, **kept}
    return found


def destroyed(before: Record, after: Record) -> list[str]:
    """A sentence for each thing that an update from one to the other would replace or remove."""
    return [
        f"{name} ({old['Type']}): {fate}; lost is {LOST[old['Type']]}"
        for name, old in before.items()
        if (fate := _fate(old, after.get(name)))
    ]


def _fate(old: dict[str, Any], new: dict[str, Any] | None) -> str:
    if new is None:
        return "it is no longer in the template under this name"
    changed = [name for name in sorted(old.keys() | new.keys()) if old.get(name) != new.get(name)]
    return f"another one takes its place, for its {', '.join(changed)} changed" if changed else ""


def _fixed(kind: str) -> list[str]:
    """Names of properties whose change makes another resource, by CloudFormation's own schema."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema
    pointers = [*schema.get("createOnlyProperties", ()), *schema.get("conditionalCreateOnlyProperties", ())]
    names = {pointer.split("/")[2] for pointer in pointers} - NOT_KEPT.get(kind, set())
    return sorted({*names, *MADE_ANEW.get(kind, ())})


def _stable(name: str, kind: str) -> str:
    return name[:-_DIGEST_LENGTH] if kind == "AWS::Lambda::LayerVersion" else name


if __name__ == "__main__":
    RECORD.write_text(json.dumps(current(), indent=2) + "\n", "utf-8")
