"""The JSON Schema of a model, as plain as it can be said."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from operate.reference.texts import TEXTS, Fields
from relay.content import ContentModel

type Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def of_content(model: type[ContentModel]) -> Schema:
    """The schema of a shape of content, each field described."""
    shape = TEXTS.shapes[model.__name__]
    made = of_model(model)
    return {
        "title": shape.title.en,
        "description": TEXTS.message.strictness.en,
        "type": "object",
        "required": made["required"],
        "properties": described(made["properties"], shape.fields),
        "additionalProperties": True,
    }


def of_model(model: type[BaseModel], kept: Mapping[str, Schema] | None = None) -> Schema:
    """Required names and properties of a model; `kept` are the definitions that stay references."""
    made = model.model_json_schema()
    definitions = made.get("$defs", {})
    properties = {name: _plain(node, definitions, kept or {}) for name, node in made["properties"].items()}
    return {"required": made.get("required", []), "properties": properties}


def described(properties: Mapping[str, Schema], texts: Fields) -> dict[str, Schema]:
    """The properties, each with what it means. A property without a text is a KeyError."""
    return {name: {"description": texts[name].en, **node} for name, node in properties.items()}


def _plain(node: Schema, definitions: Schema, kept: Mapping[str, Schema]) -> Schema:
    """The node without pydantic's titles and defaults; mere types as alternatives are one list."""
    if reference := node.get("$ref"):
        name = reference.rpartition("/")[2]
        return kept[name] if name in kept else _plain(definitions[name], definitions, kept)
    if "anyOf" in node:
        return _either([_plain(one, definitions, kept) for one in node["anyOf"]])
    plain = {name: value for name, value in node.items() if name in ("type", "const", "enum")}
    if "items" in node:
        plain["items"] = _plain(node["items"], definitions, kept)
    return plain


def _either(options: list[Schema]) -> Schema:
    """One of the options, those that are nothing but types joined into one."""
    flat = [one for option in options for one in option.get("anyOf", [option])]
    names = [_types(one) for one in flat if one.keys() == {"type"}]
    rest = [one for one in flat if one.keys() != {"type"}]
    types = list(dict.fromkeys(name for some in names for name in some))
    joined = [{"type": types if len(types) > 1 else types[0]}] if types else []
    found = [*rest, *joined]
    return found[0] if len(found) == 1 else {"anyOf": found}


def _types(node: Schema) -> list[str]:
    kinds = node["type"]
    return kinds if isinstance(kinds, list) else [kinds]
