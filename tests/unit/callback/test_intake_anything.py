"""Whatever is sent: an answer with an errcode, and with a right token the event on a topic.

INBOUND_EXAMPLES sets how many bodies of each kind are thrown; 5,000 makes 20,000 in all.
"""

import json
import os
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from callback.request import CallbackRequest
from callback.responses import CallbackResponse
from tests.support.inbound import SOURCES, TAGS, TOKEN, Inbound

EXAMPLES = int(os.environ.get("INBOUND_EXAMPLES", "200"))
# A fifth of a second for each is a hundred times what it takes.
pytestmark = pytest.mark.timeout(120 + EXAMPLES // 5)
NAMES = st.sampled_from(
    [
        "eventTag", "dispatchId", "sourceMessageId", "callbackMessageId", "content", "infos", "tag",
        "tenantId", "callbackData", "timestamp", "content.tenantId", "content.employeeCodes[1]",
        "content.employeeCodes[0]",
    ]
)  # fmt: skip
# Half characters too: Lambda's events may hold them as escapes. And what has two bytes in UTF-8, and may be
# Chinese in GBK.
SIGNS = st.text("²§·©®é£αΩжИծ 1", max_size=8)
TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=20) | SIGNS
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT | st.sampled_from(TAGS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | TEXT, inner, max_size=4),
    max_leaves=8,
)
BODIES = st.dictionaries(NAMES | TEXT, VALUES, max_size=6)
JSON_TEXTS = st.builds(json.dumps, BODIES | VALUES, ensure_ascii=st.booleans())
FORMS = st.builds(
    lambda pairs, charset: urlencode(pairs, encoding=charset, errors="replace"),
    st.lists(st.tuples(NAMES | TEXT, JSON_TEXTS | TEXT), max_size=5),
    st.sampled_from(["utf-8", "gb18030"]),
)
CHARSETS = (
    st.sampled_from(["utf-8", "gbk", "utf-16", "utf-32-be", "big5", "iso-8859-1", "undefined", ""]) | TEXT
)
SLUGS = st.none() | st.sampled_from(["app-update", "unclassified", "%2e", "x"])


def check(source: Any, body: bytes | str, charset: str, slug: str | None) -> None:
    """Sends one body to a new intake, and expects what is always true."""
    inbound = Inbound()
    headers = {"Content-Type": f"application/x-www-form-urlencoded;charset={charset}"}
    event = source(body, slug=slug) | {"headers": headers, "multiValueHeaders": None}

    receipt = inbound.intake.receive(CallbackRequest.of(event))

    answered = json.loads(receipt.response.render(event)["body"])
    assert isinstance(answered["errcode"], str)
    if receipt.response is CallbackResponse.HANDSHAKE:
        assert answered == {"errcode": "0", "errmsg": "成功"}
        return
    assert receipt.response is (CallbackResponse.PUBLISHED if body.strip() else CallbackResponse.EMPTY)
    assert len(inbound.topics.events) == (1 if body.strip() else 0)
    for published in inbound.topics.events:
        cloud = json.loads(published.envelope)
        assert published.envelope.encode()
        assert cloud["type"].isprintable()
        assert len({"data", "data_base64", "dataref"} & set(cloud)) == 1
        assert receipt.event is not None
        assert cloud["id"] == receipt.event.id
        assert published.id in inbound.store.published


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.sampled_from(SOURCES), st.binary(max_size=200), CHARSETS, SLUGS)
def test_any_bytes_are_answered_and_published(
    source: Any, body: bytes, charset: str, slug: str | None
) -> None:
    check(source, body, charset, slug)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.sampled_from(SOURCES), TEXT | JSON_TEXTS | FORMS, CHARSETS, SLUGS)
def test_any_text_is_answered_and_published(source: Any, body: str, charset: str, slug: str | None) -> None:
    check(source, body, charset, slug)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.sampled_from(SOURCES), JSON_TEXTS, st.sampled_from(["utf-8", "gb18030", "utf-16"]), SLUGS)
@example(SOURCES[0], '{"content":{"a":' + "9" * 5_000 + "}}", "utf-8", None)
@example(SOURCES[0], '{"content":' + "[" * 50_000 + "]" * 50_000 + "}", "utf-8", "app-update")
@example(SOURCES[0], '{"content":' + "[" * 9_000 + "]" * 9_000 + "}", "utf-8", "app-update")
@example(SOURCES[0], '{"content":' + "[" * 949 + "]" * 949 + "}", "utf-8", "app-update")
@example(SOURCES[0], '{"content":{"a":1e400,"a":-0.0}}', "utf-8", "app-update")
@example(SOURCES[0], '{"content":{"a":NaN}}', "utf-8", "app-update")
def test_any_json_in_any_charset_is_answered_and_published(
    source: Any, body: str, charset: str, slug: str | None
) -> None:
    check(source, body.encode(charset, errors="replace"), charset, slug)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.sampled_from(SOURCES), FORMS, st.sampled_from(["utf-8", "gb18030"]), SLUGS)
def test_any_form_is_answered_and_published(source: Any, body: str, charset: str, slug: str | None) -> None:
    check(source, body.encode(), charset, slug)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.sampled_from(SOURCES), TEXT, SLUGS)
def test_no_other_token_is_ever_admitted(source: Any, token: str, slug: str | None) -> None:
    inbound = Inbound()
    event = source('{"content":{}}', token="x", slug=slug)
    event |= {"path": f"/callback/{token}", "rawPath": f"/callback/{token}"}
    if event.get("pathParameters"):
        event["pathParameters"] = {"token": token}

    assert (
        token == TOKEN
        or inbound.intake.receive(CallbackRequest.of(event)).response is CallbackResponse.FORBIDDEN
    )
    assert inbound.topics.events == []


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.sampled_from(SOURCES), SIGNS, st.booleans())
def test_signs_and_letters_in_utf_8_are_published_as_they_are(source: Any, text: str, as_form: bool) -> None:
    inbound = Inbound()
    body = {"sourceMessageId": "s", "content": json.dumps({"appName": text}, ensure_ascii=False)}
    raw = urlencode(body) if as_form else json.dumps(body, ensure_ascii=False)

    inbound.intake.receive(CallbackRequest.of(source(raw.encode(), slug="app-update")))

    assert inbound.topics.last["data"] == {"appName": text}


@settings(max_examples=EXAMPLES, deadline=None)
@given(BODIES)
@example({"no JSON": float("inf"), "&content=": None})
def test_a_content_arrives_with_every_value_that_it_had(body: dict[str, Any]) -> None:
    inbound = Inbound()
    text = json.dumps({"sourceMessageId": "s", "content": {"as it came": body}}, ensure_ascii=False)

    receipt = inbound.intake.receive(CallbackRequest.of(SOURCES[0](text)))

    if "Unclassified" in receipt.counts and inbound.topics.last["datacontenttype"] == "text/plain":
        # Infinity and NaN are no JSON.
        assert "Infinity" in text or "NaN" in text
    else:
        assert json.dumps(inbound.topics.last["data"]) == json.dumps({"as it came": body})
