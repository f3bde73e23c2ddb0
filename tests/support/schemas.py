"""The JSON Schemas in contract/schemas, as a subscriber's validator reads them."""

import json
from functools import cache
from typing import Any

from jsonschema import Draft7Validator, Draft202012Validator  # type: ignore[import-untyped]

from tests.support.template import ROOT

FOLDER = ROOT / "contract" / "schemas"
# The dialect that the schemas name, and the one that AsyncAPI's own schemas are based on.
DIALECTS = (Draft202012Validator, Draft7Validator)


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.json"))


@cache
def schema(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


def valid(name: str, value: object) -> bool:
    """Whether a value fits a schema; both dialects must agree."""
    return valid_by(schema(name), value)


def valid_by(given: Any, value: object) -> bool:
    found = {bool(dialect(given).is_valid(value)) for dialect in DIALECTS}
    assert len(found) == 1
    return found.pop()
