"""Ids, envelopes and sizes of events."""

import hashlib
import json
import os
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relay.events import MESSAGE_LIMIT, TEXT, Content, Event, envelope, event_id, taken_apart, timestamp
from relay.table import item_of
from tests.support.inbound import NOW

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters())
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def test_the_same_message_and_content_is_the_same_event() -> None:
    first = event_id("A|B", "s-1", Content('{"a":1,"b":"中"}'))

    assert event_id("A|B", "s-1", Content('{ "b": "\\u4e2d",\n"a": 1 }')) == first


@pytest.mark.parametrize(
    ("tag", "message", "content"),
    [
        ("A|C", "s-1", '{"a":1.1}'), ("A|B", "s-2", '{"a":1.1}'), ("A|B", "s-1", '{"a":"1.1"}'),
        ("A|B", "s-1", '{"a":1.10}'), ("A|B", "s-1", '{"a":1.1000000000000000000001}'),
        ("A|B", None, '{"a":1.1}'),
    ],
)  # fmt: skip
def test_another_tag_message_or_content_is_another_event(tag: str, message: str | None, content: str) -> None:
    assert event_id(tag, message, Content(content)) != event_id("A|B", "s-1", Content('{"a":1.1}'))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"a":1,"a":2}', '{"a":3,"a":2}'), ('{"a":1,"a":2}', '{"a":2}'), ('{"a":1,"a":2}', '{"a":2,"a":1}'),
        ('{"a":1,"a":2}', '{"a":[1,2]}'), ('{"a":1,"a":2}', '{"a":["\\u0000-",1,2]}'),
        ('{"a":1,"a":2}', '{"a":1,"a":1,"a":2}'), ('{"a":1,"a":1}', '{"a":1}'),
        ("196729", '"\\u0000196729"'), ('"\\u0000\\u0031"', "1"), ('"\\u0000\\u00001"', '"\\u00001"'),
        ('"\\u0000-"', '"\\u0000\\u0000-"'), ('"\\u0000\\u002D1"', "-1"), ("1", "1.0"), ("0", "-0"),
        ("1", "true"),
        ('{"\\u00001":1}', '{"1":1}'), ("[1,2]", "[2,1]"), ("[]", "{}"), ("null", '"null"'),
        ('"\\"\\u00001"', '"\\"\\u0000\\u00001"'),
    ],
)  # fmt: skip
def test_contents_that_differ_have_different_digests(one: str, other: str) -> None:
    assert Content(one).digest != Content(other).digest


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('"\\u00001"', '"\\u0000\\u0031"'), ('{"a":1,"b":[],"a":2}', '{ "b":[ ] ,"a":1,"a":2}'),
        ('"\\ud83d\\ude00"', '"😀"'), ('"\\/"', '"/"'), ('"\\u0000-1"', '"\\u0000\\u002d\\u0031"'),
    ],
)  # fmt: skip
def test_spellings_of_one_content_have_one_digest(one: str, other: str) -> None:
    assert Content(one).digest == Content(other).digest


# A value as its text can be written: text of a number stays, and an object is a list of members.
class Members(list[tuple[str, Any]]):
    pass


class Number(str):
    __slots__ = ()


TRICKY = st.text(alphabet='\0\0-1a"\\')
VALUES = st.recursive(
    st.none() | st.booleans() | TRICKY | st.sampled_from(["0", "-1", "1.0", "1", "1e0"]).map(Number),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(st.tuples(TRICKY | st.sampled_from("ab"), inner), max_size=4).map(Members)
    ),
    max_leaves=6,
)


def spelled(value: Any, draw: Any) -> str:
    """One of a value's texts."""
    gap: str = draw(st.sampled_from(["", " ", "\n"]))
    if isinstance(value, Number):
        return f"{gap}{value}"
    if isinstance(value, str):
        written = (f"\\u{ord(char):04x}" if draw(st.booleans()) else json.dumps(char)[1:-1] for char in value)
        return f'{gap}"{"".join(written)}"'
    if isinstance(value, Members):
        # In any order but for those of one name.
        names = draw(st.permutations([name for name, _ in value]))
        left = {name: [member for known, member in value if known == name] for name in names}
        members = (f"{spelled(name, draw)}{gap}:{spelled(left[name].pop(0), draw)}" for name in names)
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(spelled(one, draw) for one in value) + gap + "]"
    return json.dumps(value)


def meant(value: Any) -> object:
    """What of a value makes it another one, to compare."""
    if isinstance(value, Members):
        return "object", sorted(
            (name, [meant(member) for known, member in value if known == name])
            for name in {name for name, _ in value}
        )
    if isinstance(value, list):
        return "list", [meant(one) for one in value]
    return type(value).__name__, value


@settings(max_examples=1_000)
@given(VALUES, VALUES, st.data())
def test_values_have_one_digest_if_and_only_if_they_are_one(
    one: Any, other: Any, data: st.DataObject
) -> None:
    texts = [spelled(value, data.draw) for value in (one, one, other)]
    digests = [Content(text).digest for text in texts]

    assert digests[0] == digests[1], texts
    assert (digests[0] == digests[2]) == (repr(meant(one)) == repr(meant(other))), texts


@pytest.mark.parametrize(
    ("content", "same"),
    [
        ('{"a":1,"time":2}', '{"a":1}'), ('{"a":1,"time":2,"time":3}', '{"a":1,"time":{"b":4}}'),
        ('[{"time":1,"a":2},3]', '[{"a":2,"time":[]},3]'),
        ('{"infos":[{"time":1},{"a":2}],"b":3}', '{"infos":[{},{"a":2,"when":0}],"b":3}'),
    ],
)  # fmt: skip
def test_ignored_members_make_no_other_event(content: str, same: str) -> None:
    ids = [event_id("A|B", "s", Content(text), {"time", "when"}) for text in (content, same)]

    assert ids[0] == ids[1]
    assert event_id("A|B", "s", Content(content)) != event_id("A|B", "s", Content(same))


@pytest.mark.parametrize(
    ("content", "other"),
    [
        ('{"a":{"time":1}}', '{"a":{}}'), ('{"infos":{"time":1}}', '{"infos":{}}'), ('"time"', '"when"'),
        ('{"b":[{"time":1}]}', '{"b":[{}]}'), ('[[{"time":1}]]', "[[{}]]"), ('{"time":1}', "[]"),
    ],
)  # fmt: skip
def test_members_further_inside_still_do(content: str, other: str) -> None:
    ids = [event_id("A|B", "s", Content(text), {"time", "when"}) for text in (content, other)]

    assert ids[0] != ids[1]


def test_events_of_one_message_share_its_key_and_their_contents_tell_them_apart() -> None:
    ids = [event_id("A|B", "s-1", Content(text)) for text in ("[1]", "[2]")]

    assert ids[0].partition("-")[0] == ids[1].partition("-")[0]
    assert ids[0].partition("-")[2] != ids[1].partition("-")[2]


def test_without_a_message_id_every_delivery_is_its_own_event() -> None:
    assert event_id("A|B", None, Content("{}")) != event_id("A|B", None, Content("{}"))


def test_an_envelope_is_a_cloudevent() -> None:
    text = envelope(
        {"id": "1", "type": "A|B", "subject": None, "time": timestamp(NOW)}, Content('{"a": 1.10}')
    )

    assert json.loads(text) == {
        "specversion": "1.0", "id": "1", "source": "urn:mozi:gateway", "type": "A|B",
        "time": "2026-11-22T15:10:09.123Z", "datacontenttype": "application/json", "data": {"a": 1.1},
    }  # fmt: skip
    assert '"data":{"a": 1.10}' in text


def test_a_large_content_is_referred_to_instead_of_enclosed() -> None:
    event = json.loads(envelope({"id": "1"}, Content('{"a":1}'), "s3://bucket/events/1"))

    assert event["dataref"] == "s3://bucket/events/1"
    assert "data" not in event


def test_a_text_is_enclosed_as_text() -> None:
    event = json.loads(envelope({"id": "1"}, Content('say "hi"\n', "text/plain")))

    assert (event["datacontenttype"], event["data"]) == ("text/plain", 'say "hi"\n')


@given(JSON_VALUES)
def test_an_envelope_carries_any_content_in_characters_that_sns_and_sqs_take(value: Any) -> None:
    text = envelope({"id": "1"}, Content(json.dumps(value, ensure_ascii=False)))

    text.encode()
    assert not {"\ufffe", "\uffff"} & set(text)
    assert json.loads(text)["data"] == value


def test_half_characters_travel_as_escapes() -> None:
    text = envelope({"id": "1"}, Content('{"a":"\ud800\uffff"}'))

    assert '"\\ud800\\uffff"' in text


def test_nesting_too_deep_to_sort_still_has_an_id() -> None:
    deep = "[" * 100_000 + "]" * 100_000

    assert event_id("A|B", "s", Content(deep)) == event_id("A|B", "s", Content(deep))


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_a_size_is_counted_in_bytes_with_the_attributes_and_room_to_replay(more: int) -> None:
    event = Event("k-c", "标签|一", "app-update", timestamp(NOW), "", tenant_id="租户1")
    attributes = sum(
        len(name.encode()) + len("String") + len(value.encode())
        for name, value in {"eventTag": "标签|一", "tenantId": "租户1", "replayed": "true"}.items()
    )
    room = MESSAGE_LIMIT - attributes + more
    text = "中" * (room // 3) + "a" * (room % 3)

    sized = Event(event.id, event.event_tag, event.slug, event.received_at, text, event.tenant_id)

    assert sized.size == MESSAGE_LIMIT + more
    assert len(text) < MESSAGE_LIMIT / 2


def test_the_largest_message_fits_an_item_of_the_table() -> None:
    name = "😀" * 256
    event = Event(
        os.urandom(32).hex(), name, "organization-attach-employee", timestamp(NOW), "x" * MESSAGE_LIMIT, name
    )
    item = item_of(event)

    assert sum(len(field) + len(value["S"].encode()) for field, value in item.items()) + 1_000 < 400 * 1024


def test_times_sort_as_they_follow_each_other() -> None:
    times = [timestamp(NOW + step) for step in (0, 0.001, 1, 60, 86_400, 3e7)]

    assert times == sorted(times)
    assert len(set(map(len, times))) == 1
    assert timestamp(0) == "1970-01-01T00:00:00.000Z"


@pytest.mark.parametrize(
    "content",
    [
        Content('{"appName": "一网通办", "n": 1.10}'),
        Content("[" * 100_000 + "]" * 100_000),
        Content('"text, and no object"'),
        Content("null"),
        Content('["\\ud800", "\\uffff"]'),
        Content('a "text" that is no JSON', TEXT),
        Content("", TEXT),
        Content.of_bytes(b"\xff\0"),
    ],
    ids=repr,
)
def test_an_envelope_is_taken_apart_into_what_it_was_made_of(content: Content) -> None:
    given = {"id": "k-c", "type": 'A|"B', "otherfields": '{"data":1}', "subject": None}

    attributes, opened = taken_apart(envelope(given, content))

    assert opened == content
    assert {name: attributes.get(name) for name in given} == given
    assert attributes["datacontenttype"] == content.media_type


def test_of_a_content_in_the_bucket_an_envelope_has_the_address() -> None:
    attributes, opened = taken_apart(envelope({"id": "k-c"}, Content("{}"), "s3://payloads/events/k-c"))

    assert (attributes["dataref"], opened) == ("s3://payloads/events/k-c", None)


def test_bytes_are_base64_in_the_envelope_and_named_by_their_digest() -> None:
    content, other = Content.of_bytes(b"\0\xff"), Content.of_bytes(b"\0\xfe")

    event = json.loads(envelope({"id": "1"}, content))

    assert (event["datacontenttype"], event["data_base64"]) == ("application/octet-stream", "AP8=")
    assert "data" not in event
    assert content.body == b"\0\xff"
    assert content.digest == hashlib.sha256(b"\0\xff").hexdigest()[:32] != other.digest
    assert content.digest != Content("AP8=", "text/plain").digest
    assert "data_base64" not in json.loads(envelope({"id": "1"}, content, "s3://bucket/events/1"))


def test_the_size_of_bytes_is_that_of_their_base64() -> None:
    def size(length: int) -> int:
        return (
            Event("k-c", "A|B", "unclassified", timestamp(NOW), "")
            .enclosing(Content.of_bytes(b"\xff" * length), {})
            .size
        )

    assert size(30_000) - size(0) == 40_000
