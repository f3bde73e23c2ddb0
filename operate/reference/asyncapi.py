"""The AsyncAPI 3.0 document: the relay is the application, so it sends events and receives notices."""

import tomllib
from pathlib import Path
from typing import Any

from operate.reference import asyncapi_queues, examples
from operate.reference.examples import Example
from operate.reference.texts import TEXTS
from relay.catalog import BY_SLUG, SLUGS

type Node = dict[str, Any]

# The newest version of the binding that the vendor's schema of AsyncAPI 3.0.0 lets pass.
_SNS = "0.1.0"
_PROJECT = Path(__file__).parents[2] / "pyproject.toml"


def document() -> Node:
    """The whole document; its schemas are the files in schemas/."""
    project = tomllib.loads(_PROJECT.read_text("utf-8"))["project"]
    sent = {f"publish-{slug}": _operation("send", slug, "event") for slug in SLUGS}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Mozi Relay",
            "version": project["version"],
            "description": f"{project['description']}\n\n{TEXTS.page.delivery.en}",
        },
        "defaultContentType": "application/json",
        "servers": {"sns": _server("sns"), "sqs": _server("sqs")},
        "channels": {slug: _topic(slug) for slug in SLUGS} | asyncapi_queues.channels(),
        "operations": sent
        | {
            "take-notices": _operation("receive", "notices", "notices"),
            "reject-notices": _operation("send", "dead-letters", "notice", "record"),
        },
    }


def _server(service: str) -> Node:
    return {
        "host": f"{service}.{{region}}.{{domain}}",
        "protocol": service,
        "variables": {
            "region": {"description": "The stack's region.", "default": "us-east-1"},
            "domain": {
                "description": "The second one in the China regions.",
                "enum": ["amazonaws.com", "amazonaws.com.cn"],
                "default": "amazonaws.com",
            },
        },
    }


def _operation(action: str, channel: str, *messages: str) -> Node:
    place = f"#/channels/{channel}"
    return {
        "action": action,
        "channel": {"$ref": place},
        "messages": [{"$ref": f"{place}/messages/{name}"} for name in messages],
    }


def _topic(slug: str) -> Node:
    said = TEXTS.topics[slug]
    prefix = {
        "description": "The stack's output EventTopicArnPrefix.",
        "examples": ["arn:aws:sns:us-east-1:123456789012:mozi-relay-event-"],
    }
    return {
        "address": f"{{eventTopicArnPrefix}}{slug}",
        "title": said.title.en,
        "description": said.when.en,
        "servers": [{"$ref": "#/servers/sns"}],
        "parameters": {"eventTopicArnPrefix": prefix},
        "messages": {"event": _event(slug)},
        "bindings": {
            "sns": {
                "name": f"mozi-relay-event-{slug}",
                "ordering": {"type": "standard"},
                "bindingVersion": _SNS,
            }
        },
    }


def _event(slug: str) -> Node:
    said, made = TEXTS.topics[slug], examples.of_topic(slug)
    if slug == SLUGS[0]:
        made.append(examples.with_dataref())
    return {
        "name": BY_SLUG[slug].event_tag if slug in BY_SLUG else slug,
        "title": said.title.en,
        "summary": said.when.en,
        "contentType": "application/cloudevents+json",
        "correlationId": {"location": "$message.header#/correlationId"},
        "headers": {"$ref": "./schemas/event-attributes.json"},
        "payload": {"$ref": f"./schemas/{slug}.json"},
        "examples": [_example(number, one) for number, one in enumerate(made, 1)],
    }


def _example(number: int, one: Example) -> Node:
    return {"name": f"example-{number}", "headers": one.attributes, "payload": one.message}
