"""The schema of each topic takes what the relay publishes there, and nothing of another shape."""

import json
from collections.abc import Callable
from copy import deepcopy
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callback.request import CallbackRequest
from relay.catalog import BY_SLUG, CATALOG, UNCLASSIFIED, Kind
from relay.content import fits
from tests.support.inbound import EVENTS, SHAPES, Inbound, content_of, message, rest_api, sample
from tests.support.schemas import DIALECTS, names, schema, valid, valid_by

SLUGS = list(BY_SLUG)
SAMPLES = sorted(path.stem for path in EVENTS.glob("callback-*.json") if "handshake" not in path.stem)
# What is said of a schema, and asks nothing.
TOLD = ("$id", "title", "description")
LARGE = {"more": "大" * 90_000}

type Message = dict[str, Any]


def published(body: str | bytes, slug: str | None = None) -> Inbound:
    inbound = Inbound()
    inbound.intake.receive(CallbackRequest.of(rest_api(body, slug=slug)))
    return inbound


def data_schema(slug: str) -> dict[str, Any]:
    """The schema of a topic's data, as a copy."""
    return deepcopy(schema(slug)["properties"]["data"])


def usual(slug: str) -> Message:
    """What the relay publishes on a topic for a content as the vendor's table has it."""
    return published(SHAPES["json"](message(content_of(BY_SLUG[slug].event_tag))), slug).topics.last


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_schema_is_one_in_both_dialects(dialect: Any, name: str) -> None:
    dialect.check_schema(schema(name))


def test_every_topic_has_its_schema() -> None:
    assert {*SLUGS, UNCLASSIFIED} <= set(names())


@pytest.mark.parametrize("name", SAMPLES)
def test_what_becomes_of_a_sample_input_fits_the_schema_of_its_topic(name: str) -> None:
    inbound = Inbound()
    inbound.intake.receive(CallbackRequest.of(sample(name)))

    (event,) = inbound.topics.events

    assert valid(event.slug, inbound.topics.last)
    attributes = event.attributes(replayed=True)
    assert valid("event-attributes", attributes)
    assert attributes.keys() <= schema("event-attributes")["properties"].keys()
    assert inbound.topics.last.keys() <= schema(event.slug)["properties"].keys()


@pytest.mark.parametrize("slug", SLUGS)
def test_every_topic_takes_its_content_inside_or_outside_the_message(slug: str) -> None:
    large = content_of(BY_SLUG[slug].event_tag) | LARGE
    outside = published(SHAPES["json"](message(large)), slug).topics.last

    assert valid(slug, usual(slug))
    assert "dataref" in outside
    assert valid(slug, outside)


def test_what_stands_beside_the_content_is_in_the_schema() -> None:
    slug = SLUGS[0]
    body = SHAPES["json"](message(content_of(BY_SLUG[slug].event_tag), region="cn"))

    event = published(body, slug).topics.last

    assert json.loads(event["otherfields"]) == {"region": "cn"}
    assert valid(slug, event)


@pytest.mark.parametrize(
    ("body", "slug"),
    [
        ("组织变更", None),
        ("组织变更", "employee-leave"),
        (b"\xff\0\xff", None),
        (b"\xff\0\xff", "employee-leave"),
        (bytes(range(256)) * 1_000, None),
        ("大" * 100_000, None),
        ('{"content": [1, 2]}', None),
        ('{"eventTag": "A|B", "content": {"a": null}, "sourceMessageId": "7"}', None),
    ],
)
def test_unclassified_takes_whatever_comes(body: str | bytes, slug: str | None) -> None:
    topics = published(body, slug).topics

    assert topics.events[0].slug == UNCLASSIFIED
    assert valid(UNCLASSIFIED, topics.last)


def without(name: str) -> Callable[[Message], Message]:
    return lambda event: {key: value for key, value in event.items() if key != name}


def changed(**fields: Any) -> Callable[[Message], Message]:
    return lambda event: event | fields


WRONG: dict[str, Callable[[Message], Any]] = {
    **{f"no {name}": without(name) for name in ("specversion", "source", "id", "type", "time", "data")},
    "no datacontenttype": without("datacontenttype"),
    "another version": changed(specversion="0.3"),
    "another source": changed(source="urn:other"),
    "half an id": changed(id="0" * 32),
    "a type that is no text": changed(type=7),
    "no time": changed(time="22 November"),
    "an empty subject": changed(subject=""),
    "a dispatchid that is no text": changed(dispatchid=7),
    "otherfields as an object": changed(otherfields={}),
    "another media type": changed(datacontenttype="text/html"),
    "data twice": changed(dataref="s3://payloads/events/1"),
    "a dataref that is no address in S3": lambda event: without("data")(event) | {"dataref": "/1"},
    "not an object": lambda event: [event],
}


@pytest.mark.parametrize("slug", [*SLUGS, UNCLASSIFIED])
@pytest.mark.parametrize("wrong", WRONG)
def test_a_message_of_a_wrong_shape_does_not_fit(wrong: str, slug: str) -> None:
    right = usual(slug) if slug in BY_SLUG else published("{}").topics.last

    assert valid(slug, right)
    assert not valid(slug, WRONG[wrong](right))


@pytest.mark.parametrize("slug", SLUGS)
def test_a_message_fits_no_other_topic_and_no_other_content(slug: str) -> None:
    right = usual(slug)

    assert [other for other in SLUGS if valid(other, right)] == [slug]
    others: list[Any] = [None, "text", [], 7]
    assert not any(valid(slug, right | {"data": data}) for data in others)


@pytest.mark.parametrize("slug", SLUGS)
def test_the_dataschema_of_an_event_is_the_name_of_the_schema_of_its_data(slug: str) -> None:
    event = usual(slug)
    (named,) = [one for one in map(data_schema, SLUGS) if one["$id"] == event["dataschema"]]

    assert named == data_schema(slug)
    assert valid_by(named, event["data"])
    assert not valid(slug, event | {"dataschema": "urn:mozi:relay:schema:another:1"})
    assert valid(slug, without("dataschema")(event)), "an event that was kept before is replayed as it is"


@pytest.mark.parametrize("slug", SLUGS)
def test_a_content_without_any_field_of_the_table_does_not_fit(slug: str) -> None:
    assert not valid(slug, usual(slug) | {"data": {"surprise": 1}})


# A digest of what each version of a shape's schema asks of a content. One that is published stays here.
VERSIONS: dict[tuple[str, int], str] = {
    ("ContactsChange", 1): "b16143df5a74d3cf",
    ("AccountChange", 1): "9ce276576b51e806",
    ("AppUpdate", 1): "cdbdb4841d977ee9",
    ("SendSuccess", 1): "e79eaaa46d698f04",
    ("ClientAck", 1): "d1fb73e15e7e887c",
    ("OutboundMessage", 1): "1b8d478f8045a125",
    ("DingFailure", 1): "0de13d91745885b4",
}


@pytest.mark.parametrize("kind", CATALOG, ids=SLUGS)
def test_a_schema_that_has_changed_has_a_version_of_its_own(kind: Kind) -> None:
    asked = {name: part for name, part in data_schema(kind.slug).items() if name not in TOLD}
    for field in asked["properties"].values():
        field.pop("description")
    digest = sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]
    model = kind.content

    assert VERSIONS.get((model.__name__, model.version)) == digest, (
        f"the schema of {model.__name__} has changed: raise its version in layers/relay/content.py,"
        f" and add the digest {digest} to VERSIONS"
    )


def test_text_that_is_said_to_be_text_is_text() -> None:
    event = published("组织变更").topics.last

    assert not valid(UNCLASSIFIED, event | {"data": {}})


def test_bytes_are_base64_and_nothing_else_is() -> None:
    event, text = published(b"\xff\0\xff").topics.last, published("组织变更").topics.last

    assert valid(UNCLASSIFIED, event)
    for wrong in (
        {"data": "?"},
        {"data_base64": "/wD!"},
        {"data_base64": 7},
        {"datacontenttype": "text/plain"},
    ):
        assert not valid(UNCLASSIFIED, event | wrong)
    assert not valid(UNCLASSIFIED, without("data")(text) | {"data_base64": "/wD/"})
    assert not any(valid(slug, event | {"type": BY_SLUG[slug].event_tag}) for slug in SLUGS)


VALUES: st.SearchStrategy[Any] = st.sampled_from(
    ["", "7", 7, 7.5, True, None, [], ["7", 7], [None], [[]], {}, [{}], {"a": 1}]
)


@given(data=st.data())
@pytest.mark.parametrize(
    "model", dict.fromkeys(kind.content for kind in CATALOG), ids=lambda model: model.__name__
)
def test_the_schema_of_a_content_takes_what_its_model_takes(data: st.DataObject, model: Any) -> None:
    kind = next(kind for kind in CATALOG if kind.content is model)
    alias = model.model_config["alias_generator"]
    fields = [alias(name) for name in model.model_fields]
    usual_content = content_of(kind.event_tag)

    content = {**usual_content, **data.draw(st.dictionaries(st.sampled_from([*fields, "more"]), VALUES))}
    for name in data.draw(st.sets(st.sampled_from(fields), max_size=2)):
        content.pop(name, None)

    assert valid_by(schema(kind.slug)["properties"]["data"], content) == fits(model, content)


@pytest.mark.parametrize(
    "given",
    [{}, {"eventTag": ""}, {"eventTag": "A|B", "replayed": "false"}, {"eventTag": "A|B", "tenantId": 7}],
)
def test_attributes_of_a_wrong_shape_do_not_fit(given: dict[str, Any]) -> None:
    assert not valid("event-attributes", given)
