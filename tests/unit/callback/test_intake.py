"""What becomes of a delivery: its tag, its topic, its answer."""

import base64
import gzip
import json
import zlib
from base64 import urlsafe_b64encode
from dataclasses import replace
from typing import Any

import pytest

from callback.intake import Receipt
from callback.request import CallbackRequest
from callback.responses import CallbackResponse
from relay.catalog import BY_SLUG, kind_of, slug_of
from relay.events import Content
from tests.support.inbound import (
    PREVIOUS,
    SHAPES,
    SOURCES,
    TAGS,
    TOKEN,
    Inbound,
    content_of,
    dumps,
    message,
    rest_api,
)

# In bytes, as SNS documents it.
SNS_LIMIT = 262_144
ACCOUNT = "MOZI_BUC_ACCOUNT_MODIFY_REALM|frozen"
LEAVE = "MOZI_VDS_TENANT_CHANGE|EMPLOYEE_LEAVE"


@pytest.fixture
def inbound() -> Inbound:
    return Inbound()


def receive(inbound: Inbound, body: Any, slug: str | None = None) -> Receipt:
    text = body if isinstance(body, str | bytes) else dumps(body)
    return inbound.intake.receive(CallbackRequest.of(rest_api(text, slug=slug)))


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("tag", TAGS)
def test_every_tag_in_every_shape_from_every_source_is_on_its_topic(
    inbound: Inbound, tag: str, shape: str, source: Any
) -> None:
    body = SHAPES[shape](message(content_of(tag)))

    receipt = inbound.intake.receive(CallbackRequest.of(source(body.encode(), slug=slug_of(tag))))

    assert receipt.response is CallbackResponse.PUBLISHED
    assert receipt.counts == ()
    assert inbound.topics.events[0].slug == slug_of(tag)
    event = inbound.topics.last
    assert (event["type"], event["data"]) == (tag, content_of(tag))
    assert (event["dispatchid"], event["sourcemessageid"], event["callbackmessageid"]) == (
        "d-1",
        "s-1",
        "c-1",
    )
    assert event["id"] == inbound.topics.events[0].id
    assert event["dataschema"] == kind_of(tag).content.dataschema(slug_of(tag))
    assert "otherfields" not in event


@pytest.mark.parametrize("shape", SHAPES)
def test_shape_and_source_do_not_change_the_event(inbound: Inbound, shape: str) -> None:
    receive(inbound, message(content_of(ACCOUNT)), "account-frozen")
    again = receive(inbound, SHAPES[shape](message(content_of(ACCOUNT))), "account-frozen")

    assert again.response is CallbackResponse.REPEATED
    assert len(inbound.topics.events) == 1


@pytest.mark.parametrize("tag", [*TAGS, "MOZI|NEW"])
@pytest.mark.parametrize("shape", ["json", "form"])
def test_a_handshake_is_answered_kept_and_not_published(inbound: Inbound, tag: str, shape: str) -> None:
    body = {"eventTag": tag, "dispatchId": "d-1"}

    receipt = receive(inbound, dumps(body) if shape == "json" else f"eventTag={tag}&dispatchId=d-1&content=")

    assert receipt == Receipt(CallbackResponse.HANDSHAKE)
    assert inbound.handshakes.tags == {"d-1": [tag]}
    assert inbound.topics.events == []


@pytest.mark.parametrize("slug", [None, LEAVE, "real_time_trace"])
def test_what_may_be_both_is_kept_as_a_handshake_and_published(inbound: Inbound, slug: str | None) -> None:
    body = {"eventTag": LEAVE, "dispatchId": "d-1", "callbackData": '{"employeeCodes":["GE_1"]}'}

    receipt = receive(inbound, body, slug and slug_of(slug))

    assert receipt.response is CallbackResponse.PUBLISHED
    assert json.loads(receipt.response.render(rest_api(""))["body"]) == {"errcode": "0", "errmsg": "成功"}
    assert inbound.handshakes.tags == {"d-1": [LEAVE]}
    assert inbound.topics.last["data"] == {"callbackData": '{"employeeCodes":["GE_1"]}'}
    assert inbound.topics.last["type"] == (slug or LEAVE)


def test_no_two_lists_beside_an_empty_content_are_taken_for_one(inbound: Inbound) -> None:
    for code in ("GE_1", "GE_2"):
        body = {"sourceMessageId": "s", "content": {}, "infos": [{"employeeCode": code}]}
        assert receive(inbound, body, "organization-attach-employee").response is CallbackResponse.PUBLISHED

    assert [event.slug for event in inbound.topics.events] == ["organization-attach-employee"] * 2


def test_a_handshake_without_a_dispatch_id_is_answered(inbound: Inbound) -> None:
    assert receive(inbound, {"eventTag": LEAVE, "dispatchId": None}).response is CallbackResponse.HANDSHAKE
    assert inbound.handshakes.tags == {}


@pytest.mark.parametrize("ids", [{"sourceMessageId": "s"}, {"callbackMessageId": "c"}])
def test_a_tag_with_a_message_id_is_an_event_even_without_content(
    inbound: Inbound, ids: dict[str, str]
) -> None:
    assert receive(inbound, {"eventTag": LEAVE, **ids}).response is CallbackResponse.PUBLISHED
    assert inbound.topics.last["data"] == {}


@pytest.mark.parametrize(
    ("slug", "body_tag", "handshake", "within", "named"),
    [
        ("account-frozen", LEAVE, LEAVE, "EMPLOYEE_LEAVE", ACCOUNT),
        ("no-such-slug", LEAVE, ACCOUNT, "frozen", LEAVE),
        ("unclassified", LEAVE, ACCOUNT, "frozen", LEAVE),
        (None, "MOZI|NEW", ACCOUNT, "frozen", "MOZI|NEW"),
        (None, " ", LEAVE, "frozen", LEAVE),
        (None, None, None, "frozen", ACCOUNT),
        (None, None, None, "员工变动", "unclassified"),
    ],
)
def test_a_tag_is_named_by_slug_then_body_then_handshake_then_content(
    inbound: Inbound, slug: str | None, body_tag: str | None, handshake: str | None, within: str, named: str
) -> None:
    if handshake:
        inbound.handshakes.keep("d-1", handshake)

    receive(inbound, message({"tag": within}, eventTag=body_tag), slug)

    assert inbound.topics.last["type"] == named
    assert inbound.topics.events[0].slug == kind_of(named).slug


TRACE = "real_time_trace"


@pytest.mark.parametrize("tag", [TRACE, "MOZI|NEW", "标签|一"])
def test_a_tag_outside_the_catalogue_is_named_by_its_slug_and_does_not_count_as_unclassified(
    inbound: Inbound, tag: str
) -> None:
    receipt = receive(inbound, message({"tenantId": 7}, eventTag=LEAVE), slug_of(tag))

    (event,) = inbound.topics.events
    assert receipt == Receipt(CallbackResponse.PUBLISHED, (), event)
    assert (event.slug, inbound.topics.last["type"]) == ("unclassified", tag)
    assert event.attributes()["eventTag"] == tag
    assert "dataschema" not in inbound.topics.last


@pytest.mark.parametrize("named_by", ["body", "handshake"])
def test_a_tag_outside_the_catalogue_may_be_named_by_the_body_or_a_handshake(
    inbound: Inbound, named_by: str
) -> None:
    if named_by == "handshake":
        receive(inbound, {"eventTag": TRACE, "dispatchId": "d-1"})

    receipt = receive(inbound, message({"a": 1}, eventTag=TRACE if named_by == "body" else None))

    assert (inbound.topics.events[0].slug, inbound.topics.last["type"]) == ("unclassified", TRACE)
    assert receipt.counts == ()


@pytest.mark.parametrize("slug", [TRACE, "no-such-slug", "x-", "x-YR", "X-YQ", "x-/w", "unclassified"])
@pytest.mark.parametrize("body_tag", [None, "MOZI|NEW", "unclassified"])
def test_what_comes_by_a_mistyped_slug_counts_as_unclassified(
    inbound: Inbound, slug: str, body_tag: str | None
) -> None:
    receipt = receive(inbound, message({"a": 1}, eventTag=body_tag), slug)

    assert receipt.counts == ("Unclassified",)
    assert inbound.topics.last["type"] == (body_tag or "unclassified")


def test_a_mistyped_slug_is_no_matter_where_the_body_names_a_tag_of_the_catalogue(inbound: Inbound) -> None:
    assert receive(inbound, message(content_of(LEAVE), eventTag=LEAVE), "employee-left").counts == ()


def test_the_coded_form_of_a_catalogued_tag_leads_to_its_topic(inbound: Inbound) -> None:
    slug = "x-" + urlsafe_b64encode(LEAVE.encode()).decode().rstrip("=")

    assert receive(inbound, message(content_of(LEAVE)), slug).counts == ()
    assert inbound.topics.events[0].slug == "employee-leave"


def test_a_text_counts_as_unclassified_whatever_names_it(inbound: Inbound) -> None:
    assert receive(inbound, "text that is no JSON", slug_of(TRACE)).counts == ("Unclassified",)
    assert inbound.topics.last["type"] == TRACE


def test_infos_stand_in_for_content_with_what_is_beside_them(inbound: Inbound) -> None:
    infos = {"infos": [{"employeeCode": "GE_1"}], "tag": "ORGANIZATION_DETACH_EMPLOYEE", "tenantId": 7}

    receipt = receive(inbound, message(None, **infos))

    assert receipt.counts == ()
    assert inbound.topics.events[0].slug == "organization-detach-employee"
    assert inbound.topics.last["data"] == infos
    assert inbound.topics.last["subject"] == "7"


@pytest.mark.parametrize("slug", BY_SLUG)
@pytest.mark.parametrize(
    "content", ["plain text", 5, 1.5, True, [], [1, {"a": None}], {}, "[1", {"surprise": 1}]
)
def test_a_content_of_any_kind_is_carried_and_counted_and_has_no_schema(
    inbound: Inbound, content: Any, slug: str
) -> None:
    receipt = receive(inbound, message(content), slug)

    assert receipt.counts == ("ContentMismatch",)
    assert inbound.topics.last["data"] == content
    assert inbound.topics.events[0].slug == slug
    assert "dataschema" not in inbound.topics.last


@pytest.mark.parametrize(
    ("body", "slug"), [(message(content_of(ACCOUNT)), None), ("text that is no JSON", "account-frozen")]
)
def test_what_is_unclassified_has_no_schema(inbound: Inbound, body: Any, slug: str | None) -> None:
    receive(inbound, body, slug)

    assert inbound.topics.events[0].slug == "unclassified"
    assert "dataschema" not in inbound.topics.last


def test_a_content_in_the_bucket_has_its_schema(inbound: Inbound) -> None:
    receive(inbound, message(content_of(LEAVE) | {"more": "大" * 90_000}), "employee-leave")

    assert "dataref" in inbound.topics.last
    assert inbound.topics.last["dataschema"] == "urn:mozi:relay:schema:employee-leave:1"


def test_a_content_that_does_not_fit_is_counted_by_the_delivery_that_publishes_it(inbound: Inbound) -> None:
    receive(inbound, message({"surprise": 1}), "employee-leave")

    assert receive(inbound, message({"surprise": 1}), "employee-leave").counts == ()


def test_fields_beside_the_content_are_kept(inbound: Inbound) -> None:
    receive(inbound, message({"a": 1}, eventTime=1.10, corp="浙江"))

    assert json.loads(inbound.topics.last["otherfields"]) == {"eventTime": 1.1, "corp": "浙江"}
    assert inbound.topics.last["data"] == {"a": 1}


@pytest.mark.parametrize("strange", ["x" * 257, "a\0b", "\ud800", {"a": 1}, [1], True, 1.5, "\u200b"])
@pytest.mark.parametrize("field", ["eventTag", "dispatchId", "sourceMessageId", "callbackMessageId"])
def test_a_body_with_a_strange_name_is_relayed_whole(inbound: Inbound, field: str, strange: Any) -> None:
    body = message({"a": 1}) | {field: strange}

    receipt = inbound.intake.receive(CallbackRequest.of(rest_api(json.dumps(body))))

    assert receipt.response is CallbackResponse.PUBLISHED
    assert inbound.topics.last["data"] == body
    assert inbound.topics.last.get(field.lower()) is None


def test_more_beside_the_content_than_an_envelope_takes_makes_the_whole_the_content(inbound: Inbound) -> None:
    receive(inbound, message({"a": 1}, more="中" * 5_000))

    assert inbound.topics.last["data"] == {"content": {"a": 1}, "more": "中" * 5_000}


@pytest.mark.parametrize("slug", [None, "app-update"])
@pytest.mark.parametrize("body", [b"hello", b'{"content":NaN}', b"[" * 300_000])
def test_a_body_that_nobody_can_read_is_text_on_unclassified(
    inbound: Inbound, body: bytes, slug: str | None
) -> None:
    receipt = receive(inbound, body, slug)

    assert receipt.counts == ("Unclassified",)
    event, cloud = inbound.topics.events[0], inbound.topics.last
    assert event.slug == "unclassified"
    assert cloud["type"] == (
        "openplatform_app_update|openplatform_app_update_tag" if slug else "unclassified"
    )
    assert cloud["datacontenttype"] == "text/plain"
    stored = inbound.payloads.bodies.get(cloud.get("dataref", ""))
    assert (stored.decode() if stored else cloud["data"]) == body.decode(errors="replace")


@pytest.mark.parametrize("slug", [None, "app-update"])
@pytest.mark.parametrize(
    "body", [b"\xff\x00\xff", zlib.compress(b"{}" * 900)[:-4], bytes(range(256)) * 1_200]
)
def test_a_body_that_is_no_text_is_its_bytes_on_unclassified(
    inbound: Inbound, body: bytes, slug: str | None
) -> None:
    receipt = receive(inbound, body, slug)

    assert receipt.counts == ("Unclassified",)
    event, cloud = inbound.topics.events[0], inbound.topics.last
    assert (event.slug, cloud["datacontenttype"]) == ("unclassified", "application/octet-stream")
    assert ("dataref" in cloud) is (len(body) > 200_000)
    stored = inbound.payloads.bodies.get(cloud.get("dataref", ""))
    assert (stored or base64.b64decode(cloud["data_base64"])) == body


@pytest.mark.parametrize("slug", [None, "app-update"])
@pytest.mark.parametrize("coding", ["gzip", "deflate", None])
def test_a_packed_body_is_read_as_a_plain_one(inbound: Inbound, coding: str | None, slug: str | None) -> None:
    plain = dumps(message({"appName": "一网通办", "realmId": 1})).encode()
    request = rest_api(zlib.compress(plain) if coding == "deflate" else gzip.compress(plain), slug=slug)
    request["headers"] |= {"Content-Encoding": coding} if coding else {}

    receipt = inbound.intake.receive(CallbackRequest.of(request))
    repeat = receive(inbound, plain, slug)

    assert receipt.response is CallbackResponse.PUBLISHED
    assert repeat.response is CallbackResponse.REPEATED
    assert inbound.topics.last["data"] == {"appName": "一网通办", "realmId": 1}
    # The content is a copy of what was packed.
    assert inbound.store.kept_bodies == {}


@pytest.mark.parametrize("body", [b"", b"\n"])
def test_a_packed_body_in_which_nothing_is_is_refused(inbound: Inbound, body: bytes) -> None:
    assert receive(inbound, gzip.compress(body)).response is CallbackResponse.EMPTY


def test_what_was_guessed_or_repaired_is_counted_of_each_delivery(inbound: Inbound) -> None:
    body = dumps(message({"appName": "一网通办", "realmId": 1})).encode("gbk")

    first, repeat = receive(inbound, body, "app-update"), receive(inbound, body, "app-update")

    assert (first.response, first.counts) == (CallbackResponse.PUBLISHED, ("Repaired",))
    assert (repeat.response, repeat.counts) == (CallbackResponse.REPEATED, ("Repaired",))
    assert inbound.topics.events[0].slug == "app-update"


@pytest.mark.parametrize("body", ["", " \r\n", b"", b"\n", None])
def test_an_empty_body_is_refused(inbound: Inbound, body: Any) -> None:
    assert (
        inbound.intake.receive(CallbackRequest.of(rest_api(body or "") | {"body": body})).response
        is CallbackResponse.EMPTY
    )
    assert inbound.store.kept == {}


@pytest.mark.parametrize(
    "token", ["", "wrong", TOKEN[:-1], TOKEN + "x", TOKEN.lower(), "中文", "\ud800", "%"]
)
def test_a_wrong_token_is_refused_and_nothing_is_kept(inbound: Inbound, token: str) -> None:
    for body in (message({"a": 1}), {"eventTag": LEAVE, "dispatchId": "d"}):
        request = CallbackRequest.of(rest_api(dumps(body), token=token))
        assert inbound.intake.receive(request) == Receipt(CallbackResponse.FORBIDDEN)

    assert (inbound.store.kept, inbound.handshakes.tags, inbound.topics.events) == ({}, {}, [])


def test_the_previous_token_is_still_right(inbound: Inbound) -> None:
    request = CallbackRequest.of(rest_api(dumps(message({"a": 1})), token=PREVIOUS))

    assert inbound.intake.receive(request).response is CallbackResponse.PUBLISHED


def test_the_same_message_with_another_content_is_another_event_and_is_counted(inbound: Inbound) -> None:
    first, second = (receive(inbound, message({"a": a}), "app-update") for a in (1, 2))

    assert "SameIdOtherContent" not in first.counts
    assert "SameIdOtherContent" in second.counts
    assert [json.loads(event.envelope)["data"]["a"] for event in inbound.topics.events] == [1, 2]


@pytest.mark.parametrize(
    "ids", [{"sourceMessageId": None}, {"sourceMessageId": "", "callbackMessageId": "c-1"}]
)
def test_the_second_message_id_names_an_event_without_the_first(
    inbound: Inbound, ids: dict[str, Any]
) -> None:
    answers = [receive(inbound, message({"a": 1}, **ids)).response for _ in range(2)]

    assert answers == [CallbackResponse.PUBLISHED, CallbackResponse.REPEATED]


def test_the_first_message_id_goes_before_the_second(inbound: Inbound) -> None:
    answers = [receive(inbound, message({"a": 1}, callbackMessageId=id_)).response for id_ in ("c-1", "c-2")]

    assert answers == [CallbackResponse.PUBLISHED, CallbackResponse.REPEATED]


def test_without_message_ids_each_delivery_is_published(inbound: Inbound) -> None:
    for _ in range(2):
        receive(inbound, message({"a": 1}, sourceMessageId=None, callbackMessageId=None))

    assert len({event.id for event in inbound.topics.events}) == 2


@pytest.mark.parametrize(
    ("content", "tenant"),
    [
        ({"tenantId": "5"}, "5"), ({"realmId": 6}, "6"), ({"RealmId": 7}, "7"), ({"tenantId": " "}, None),
        ({"tenantId": None, "realmId": "8"}, "8"), ({"tenantId": "x" * 257}, None), ({}, None), ([], None),
        ({"tenantId": True}, None), ({"tenantId": 1.0}, None), ({"tenantId": "a\nb"}, None),
    ],
)  # fmt: skip
def test_a_known_tenant_is_subject_and_attribute(inbound: Inbound, content: Any, tenant: str | None) -> None:
    receive(inbound, message(content))

    assert inbound.topics.last.get("subject") == tenant
    assert inbound.topics.events[0].attributes().get("tenantId") == tenant


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_a_content_goes_to_the_bucket_when_its_message_would_pass_the_limit(
    inbound: Inbound, more: int
) -> None:
    receive(inbound, message({"text": ""}))
    room = SNS_LIMIT - inbound.topics.events[0].size
    text = "中" * ((room + more) // 3) + "a" * ((room + more) % 3)

    receive(inbound, message({"text": text}))

    event = inbound.topics.last
    assert ("data" in event) == (more <= 0)
    if more > 0:
        assert json.loads(inbound.payloads.bodies[event["dataref"]]) == {"text": text}
        assert inbound.topics.events[1].size < 2_000
    else:
        assert inbound.topics.events[1].size == SNS_LIMIT + more
        assert inbound.payloads.bodies == {}


@pytest.mark.parametrize(
    ("first", "then", "counted"),
    [
        ({}, {}, False),
        ({"more": 1}, {"more": 1}, False),
        ({"more": 1, "and": 2}, {"and": 2, "more": 1}, False),
        ({"more": 1}, {"more": 2}, True),
        ({}, {"more": 1}, True),
        ({"more": 1}, {}, True),
    ],
)
def test_a_repeat_beside_whose_content_other_fields_stand_is_counted(
    inbound: Inbound, first: dict[str, int], then: dict[str, int], counted: bool
) -> None:
    receive(inbound, message(content_of(ACCOUNT), **first), "account-frozen")

    repeat = receive(inbound, message(content_of(ACCOUNT), **then), "account-frozen")

    assert repeat.response is CallbackResponse.REPEATED
    assert repeat.counts == (("OtherFieldsDiffer",) if counted else ())


def test_a_field_that_moves_from_repeat_to_repeat_may_be_left_out_of_the_identity(inbound: Inbound) -> None:
    ignoring = replace(inbound.intake, identity_ignores=frozenset({"eventTime"}))
    bodies = [rest_api(dumps(message({"appName": "a", "eventTime": time}))) for time in (1, 2)]

    first, then = (ignoring.receive(CallbackRequest.of(body)) for body in bodies)

    assert (first.response, then.response) == (CallbackResponse.PUBLISHED, CallbackResponse.REPEATED)
    assert inbound.topics.last["data"] == {"appName": "a", "eventTime": 1}
    assert inbound.intake.receive(CallbackRequest.of(bodies[1])).response is CallbackResponse.PUBLISHED


@pytest.mark.parametrize("then", ['"a":3,"a":2', '"a":1.0,"a":2', '"a":2'])
def test_other_fields_differ_in_each_value_that_they_have(inbound: Inbound, then: str) -> None:
    first, repeat = (
        receive(inbound, '{"sourceMessageId":"s","content":{"x":1},%s}' % fields, "app-update")  # noqa: UP031
        for fields in ('"a":1,"a":2', then)
    )

    assert (first.response, repeat.response) == (CallbackResponse.PUBLISHED, CallbackResponse.REPEATED)
    assert repeat.counts == ("OtherFieldsDiffer",)


@pytest.mark.parametrize("depth", [500, 9_998, 100_000])
def test_a_repeat_of_a_deep_content_is_answered(inbound: Inbound, depth: int) -> None:
    body = '{"sourceMessageId":"s","content":%s,"a":1}' % ("[" * depth + "]" * depth)

    receipts = [receive(inbound, body, "app-update") for _ in range(2)]

    assert [one.response.status for one in receipts] == [200, 200]


@pytest.mark.parametrize("beside", [{}, {"more": 1}])
def test_other_fields_are_compared_with_those_of_a_kept_event_however_deep_its_content_is(
    inbound: Inbound, beside: dict[str, int]
) -> None:
    body = message(content_of(ACCOUNT), more=1)
    first = receive(inbound, body, "account-frozen").event
    assert first is not None
    content, other = Content("[" * 100_000 + "]" * 100_000), dumps(beside) if beside else None
    inbound.store.kept[first.id] = first.enclosing(content, {"otherfields": other})

    repeat = receive(inbound, body, "account-frozen")

    assert repeat.response is CallbackResponse.REPEATED
    assert repeat.counts == (() if beside else ("OtherFieldsDiffer",))


def test_two_forms_of_one_message_whose_lists_differ_are_two_events(inbound: Inbound) -> None:
    form = "dispatchId=d&sourceMessageId=s&tenantId=1&employeeCodes=GE_{}&employeeCodes=GE_2"
    for number in (1, 3):
        inbound.intake.receive(CallbackRequest.of(rest_api(form.format(number), slug="employee-leave")))

    published = [json.loads(event.envelope) for event in inbound.topics.events]
    assert [event["data"]["employeeCodes"] for event in published] == [["GE_1", "GE_2"], ["GE_3", "GE_2"]]
    assert {event["subject"] for event in published} == {"1"}


def test_a_tag_in_the_content_names_the_event(inbound: Inbound) -> None:
    receive(inbound, message({"eventTag": ACCOUNT}))

    assert inbound.topics.events[0].slug == slug_of(ACCOUNT)
