"""The AsyncAPI document: what can be told without the vendor's validator."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from callback.request import CallbackRequest
from contract.generated import CONTRACT
from relay.catalog import BY_SLUG, UNCLASSIFIED
from tests.support.inbound import SHAPES, Inbound, message, rest_api
from tests.support.schemas import valid_by
from tests.support.template import RESOURCES, topic_slugs

DOCUMENT: dict[str, Any] = yaml.safe_load((CONTRACT / "asyncapi.yaml").read_text("utf-8"))
CHANNELS: dict[str, Any] = DOCUMENT["channels"]
OPERATIONS: dict[str, Any] = DOCUMENT["operations"]
SLUGS = [*BY_SLUG, UNCLASSIFIED]
MESSAGES = [
    pytest.param(one, id=f"{channel}-{name}")
    for channel, node in CHANNELS.items()
    for name, one in node["messages"].items()
]


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(found := node.get("$ref"), str):
            yield found
        node = list(node.values())
    for one in node if isinstance(node, list) else ():
        yield from references(one)


def resolved(reference: str) -> Any:
    """What a reference leads to; a KeyError or an OSError if it leads nowhere."""
    if not reference.startswith("#/"):
        return json.loads((CONTRACT / reference).read_text("utf-8"))
    found: Any = DOCUMENT
    for name in reference.removeprefix("#/").split("/"):
        found = found[name]
    return found


def schema_of(node: dict[str, Any]) -> Any:
    return resolved(node["$ref"]) if "$ref" in node else node


def test_it_is_asyncapi_3_and_every_reference_leads_somewhere() -> None:
    found = set(references(DOCUMENT))

    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert {f"./schemas/{slug}.json" for slug in SLUGS} < found
    assert all(resolved(reference) for reference in found)


@pytest.mark.parametrize("slug", SLUGS)
def test_the_relay_sends_on_every_topic(slug: str) -> None:
    channel, operation = CHANNELS[slug], OPERATIONS[f"publish-{slug}"]

    assert channel["address"] == f"{{eventTopicArnPrefix}}{slug}"
    assert operation["action"] == "send"
    assert operation["channel"]["$ref"] == f"#/channels/{slug}"
    assert channel["messages"]["event"]["payload"]["$ref"] == f"./schemas/{slug}.json"


@pytest.mark.parametrize(
    ("operation", "action", "channel"),
    [
        ("take-notices", "receive", "notices"),
        ("reject-notices", "send", "dead-letters"),
        ("tell-outcomes", "send", "notice-outcomes"),
    ],
)
def test_the_relay_receives_notices_and_sends_what_became_of_them(
    operation: str, action: str, channel: str
) -> None:
    assert OPERATIONS[operation]["action"] == action
    assert OPERATIONS[operation]["channel"]["$ref"] == f"#/channels/{channel}"


def test_there_are_no_other_channels_or_operations() -> None:
    assert set(CHANNELS) == {*SLUGS, "notices", "dead-letters", "notice-outcomes"}
    assert len(OPERATIONS) == len(CHANNELS)


@pytest.mark.parametrize("channel", CHANNELS.values(), ids=CHANNELS)
def test_an_operation_is_about_every_message_of_its_channel(channel: dict[str, Any]) -> None:
    told = {reference for node in OPERATIONS.values() for reference in references(node["messages"])}
    name = next(name for name, one in CHANNELS.items() if one is channel)

    assert {f"#/channels/{name}/messages/{one}" for one in channel["messages"]} <= told


@pytest.mark.parametrize("channel", CHANNELS.values(), ids=CHANNELS)
def test_every_parameter_of_an_address_is_an_output_of_the_stack(channel: dict[str, Any]) -> None:
    (name,) = re.findall(r"\{(\w+)\}", channel["address"])

    assert list(channel["parameters"]) == [name]
    assert f"{name[0].upper()}{name[1:]}" in channel["parameters"][name]["description"]


@pytest.mark.parametrize("given", MESSAGES)
def test_every_message_has_examples_that_fit_its_schemas(given: dict[str, Any]) -> None:
    assert given["examples"]
    for example in given["examples"]:
        assert valid_by(schema_of(given["payload"]), example["payload"])
        assert valid_by(schema_of(given.get("headers", {})), example.get("headers", {}))


@pytest.mark.parametrize("slug", BY_SLUG)
def test_an_example_is_what_the_callback_publishes(slug: str) -> None:
    for example in CHANNELS[slug]["messages"]["event"]["examples"]:
        event = example["payload"]
        if "data" not in event:
            continue
        ids = {"sourceMessageId": event["sourcemessageid"], "callbackMessageId": event["callbackmessageid"]}
        body = message(event["data"], dispatchId=event["dispatchid"], **ids)
        inbound = Inbound()
        context = {"requestId": example["headers"]["correlationId"]}
        request = rest_api(SHAPES["json"](body), slug=slug, requestContext=context)
        inbound.intake.receive(CallbackRequest.of(request))

        assert inbound.topics.last == event
        assert inbound.topics.events[0].attributes() == example["headers"]


def test_the_bindings_are_the_templates() -> None:
    topics = {CHANNELS[slug]["bindings"]["sns"]["name"] for slug in SLUGS}
    bound = CHANNELS["notices"]["bindings"]["sqs"]["queue"]
    queue = RESOURCES["NoticeQueue"]["Properties"]
    dead = CHANNELS["dead-letters"]["bindings"]["sqs"]["queue"]

    assert topics == {f"mozi-relay-event-{slug}" for slug in topic_slugs()}
    assert bound["visibilityTimeout"] == queue["VisibilityTimeout"]
    assert bound["messageRetentionPeriod"] == queue["MessageRetentionPeriod"]
    assert bound["redrivePolicy"]["maxReceiveCount"] == queue["RedrivePolicy"]["maxReceiveCount"]
    assert dead["name"] == bound["redrivePolicy"]["deadLetterQueue"]["name"] == "NoticeDeadLetterQueue"
    assert dead["messageRetentionPeriod"] == RESOURCES[dead["name"]]["Properties"]["MessageRetentionPeriod"]
