"""The JSON Schemas: a file of templates/schemas each, filled in with what the models and the texts say.

Each is whole in its file and says the same to a reader of draft 07, which AsyncAPI's schemas are based on.
"""

from collections.abc import Mapping
from typing import Any

import yaml
from pydantic import BaseModel

from contract.templating import listed, rendered
from contract.wording import Fields, Texts
from notice.queue import outcome_events
from relay.catalog import BY_SLUG, SLUGS
from relay.content import ContentModel
from relay.events import SOURCE
from relay.notices import Notice
from relay.notices.record import RECORD_LIMIT

type Schema = dict[str, Any]

OTHERS = (
    "event-attributes",
    "notice-message",
    "dead-letter",
    "dead-letter-attributes",
    "notice-outcome",
    "notice-outcome-attributes",
)


def schemas(texts: Texts) -> dict[str, Schema]:
    """Returns each JSON Schema by the name of its file."""
    known = {"notice": _of_model(Notice), "limit": RECORD_LIMIT, "source": outcome_events.SOURCE}
    known["type"] = outcome_events.TYPE
    made = {slug: _event(slug, texts) for slug in SLUGS} | {
        name: _described(_read(name, **known), texts.fields[name]) for name in OTHERS
    }
    _described(made["notice-message"]["$defs"]["notice"], texts.fields["notice"])
    outcome = _described(made["notice-outcome"]["properties"]["data"], texts.fields["notice-outcome-data"])
    _described(outcome["properties"]["notices"]["items"], texts.fields["notice-outcome-notice"])
    return made


def _event(slug: str, texts: Texts) -> Schema:
    """The message of a topic; content of an unclassified event may be anything."""
    kind, topic = BY_SLUG.get(slug), texts.topics[slug]
    data = _content(kind.content, texts) if kind else {}
    return _described(_read("event", topic=topic, kind=kind, source=SOURCE, data=data), texts.of_topic(slug))


def _content(model: type[ContentModel], texts: Texts) -> Schema:
    shape = texts.shapes[model.__name__]
    return {"title": shape.title.en, **_described(_of_model(model), shape.fields)}


def _read(name: str, **values: object) -> Schema:
    read: Schema = yaml.safe_load(rendered(f"schemas/{name}.yaml", **values))
    return read


def _described(schema: Schema, texts: Fields) -> Schema:
    """The schema, each property with what it means. A property without a text is a KeyError."""
    for name, node in schema["properties"].items():
        schema["properties"][name] = {"description": texts[name].en, **node}
    return schema


def _of_model(model: type[BaseModel]) -> Schema:
    """Required names and properties of a model, in which international text stays a reference."""
    made = model.model_json_schema()
    definitions = made.get("$defs", {}) | {"Text": None}
    properties = {name: _plain(node, definitions) for name, node in made["properties"].items()}
    return {"type": "object", "required": made.get("required", []), "properties": properties}


def _plain(node: Schema, definitions: Mapping[str, Schema | None]) -> Schema:
    """Returns the node without pydantic's titles, defaults and references; alternative types are one list."""
    if "$ref" in node:
        definition = definitions[node["$ref"].rpartition("/")[2]]
        return _plain(definition, definitions) if definition else {"$ref": "#/$defs/text"}
    if "anyOf" in node:
        return _either([_plain(one, definitions) for one in node["anyOf"]])
    plain = {name: node[name] for name in ("type", "const", "enum") if name in node}
    return plain | ({"items": _plain(node["items"], definitions)} if "items" in node else {})


def _either(options: list[Schema]) -> Schema:
    flat = [one for option in options for one in option.get("anyOf", [option])]
    found = [one for one in flat if one.keys() != {"type"}]
    types = [name for one in flat if one.keys() == {"type"} for name in listed(one["type"])]
    if types := list(dict.fromkeys(types)):
        found.append({"type": types if len(types) > 1 else types[0]})
    return found[0] if len(found) == 1 else {"anyOf": found}
