"""A body is a handshake or a delivery, and a delivery tells an event."""

import base64
import json
from urllib.parse import quote_plus

import pytest

from relay.catalog import kind_of, slug_of
from relay.events import Content, timestamp
from relay.reading import Delivery, Handshake, read
from tests.support.inbound import NOW, SHAPES, TAGS, content_of, dumps, message


def delivery_of(body: bytes | str) -> Delivery:
    delivery = read(body, None)
    assert isinstance(delivery, Delivery)
    return delivery


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("as_bytes", [False, True])
def test_a_body_in_any_shape_is_read_to_the_same_values(shape: str, as_bytes: bool) -> None:
    text = SHAPES[shape](message({"a": 1}, eventTag="A|B"))

    delivery = delivery_of(text.encode() if as_bytes else text)

    assert (delivery.value, delivery.event_tag) == ({"a": 1}, "A|B")
    assert list(delivery.extensions.values()) == ["d-1", "s-1", "c-1", None]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("as_bytes", [False, True])
def test_what_came_is_at_hand_unless_the_content_is_published_byte_for_byte(
    shape: str, as_bytes: bool
) -> None:
    text = SHAPES[shape](message({"名": "张三", "n": 1.10}, eventTag="A|B"))
    body = text.encode() if as_bytes else text
    found = read(body, "text/x")

    assert isinstance(found, Delivery)
    if found.as_came is None:
        assert found.content.body in text.encode()
    else:
        assert (found.as_came, found.content_type) == (text.encode(), "text/x")
        assert found.content.body not in text.encode()


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (dumps(message({"a": 1})), False),
        ('{"content": { "a" : 1.10, "b":"\\u5f20" }}', False),
        ("a=b", False),
        ("杭州", False),
        ("杭州".encode("gbk"), True),
        (b"\xff\x00\xff", True),
        ('{"content":{"a":1},"name":"杭州"}'.encode("gbk"), True),
        ('{"content":{"a":1},"name":"杭州"}'.encode().replace(b"\xb7", b""), True),
        ("content=%7B%22a%22%3A1%7D", True),
        ('{"content": "{\\"a\\": 1}"}', True),
        ('{"dispatchId": "d", "a": 1, "b": 2}', True),
        ('{"content":[1]}', False),
        ('{"content":"[1]"}', True),
        ('{"content":"[1]","x":[1]}', True),
        ('{"infos":"[1]","content":{"a":1}}', True),
        ('{"content":1}=', False),
        (dumps('{"content":[1]}'), True),
        (dumps({"callbackData": '{"content":[1]}'}), True),
        ('{"callbackData":{"content":[1]}}', False),
        ("content=[1]", True),
        ("content=%5B1%5D&a=[1]", True),
        ("%7B%22content%22:[1]%7D", True),
    ],
)
def test_only_a_copy_of_what_came_is_its_own(body: bytes | str, kept: bool) -> None:
    assert (delivery_of(body).as_came is not None) is kept


def test_a_tag_without_ids_and_content_is_a_handshake_and_nothing_else_is_one() -> None:
    assert read('{"eventTag":"A|B","dispatchId":"d"}', None) == Handshake("A|B", "d")
    for body in (
        '{"eventTag":"A|B","sourceMessageId":"s"}',
        '{"dispatchId":"d"}',
        "[]",
        "?",
        b"\xff\x00\xff",
    ):
        assert isinstance(read(body, None), Delivery)


@pytest.mark.parametrize(
    ("body", "content_type", "repaired", "text"),
    [
        ('{"content":"杭州"}'.encode(), None, False, '"杭州"'),
        ('{"content":"杭州"}', None, False, '"杭州"'),
        ('{"content":"杭州"}'.encode("gbk"), "x;charset=GBK", False, '"杭州"'),
        ('{"content":"杭州"}'.encode("gbk"), "x;charset=UTF-8", True, '"杭州"'),
        ('{"content":"杭州"}'.encode("utf-16"), None, False, '"杭州"'),
        ('{"content":"杭州市"}'.encode().replace(b"\xb7", b""), None, True, '"杭\ufffd市"'),
        ("杭州".encode("gbk"), None, True, "杭州"),
        (b"content=" + quote_plus("杭州", encoding="gbk").encode(), "x;charset=GBK", False, '"杭州"'),
        (b"content=" + quote_plus("杭州", encoding="gbk").encode(), "x;charset=UTF-8", True, '"杭州"'),
        (b"dispatchId=d&content=" + quote_plus("杭州").encode(), "x;charset=GBK", False, '"杭州"'),
        ("?\ud800", None, True, "?\ufffd"),
        (b"\xff\x00\xff", None, False, "/wD/"),
    ],
)
def test_what_was_guessed_or_repaired_is_said_and_readable(
    body: bytes | str, content_type: str | None, repaired: bool, text: str
) -> None:
    delivery = read(body, content_type)

    assert isinstance(delivery, Delivery)
    assert (delivery.content.text, delivery.repaired) == (text, repaired)


@pytest.mark.parametrize(
    "body", [b"\xff\x00\xff", b"\x1f\x8b\x08\0\0\0\0\0\x02\xff\xab\xe6", bytes(range(256))]
)
def test_what_is_no_text_is_delivered_as_bytes_and_goes_to_unclassified(body: bytes) -> None:
    delivery = read(body, "x;charset=UTF-8")

    assert isinstance(delivery, Delivery)
    assert (delivery.content, delivery.as_came) == (Content.of_bytes(body), body)
    event = delivery.event(kind_of(TAGS[0]), NOW)
    envelope = json.loads(event.envelope)
    assert event.slug == "unclassified"
    assert base64.b64decode(envelope["data_base64"]) == body
    assert (envelope["datacontenttype"], "data" in envelope) == ("application/octet-stream", False)


@pytest.mark.parametrize("body", ["?", b"?", '{"content":NaN}', "\ud800?"])
def test_what_nobody_can_read_is_delivered_as_text_and_goes_to_unclassified(body: bytes | str) -> None:
    delivery = delivery_of(body)

    assert delivery.content.media_type == "text/plain"
    assert delivery.event(kind_of(TAGS[0]), NOW).slug == "unclassified"


@pytest.mark.parametrize("tag", TAGS)
def test_a_delivery_tells_an_event_of_its_kind(tag: str) -> None:
    delivery = delivery_of(dumps(message(content_of(tag))))

    event = delivery.event(kind_of(tag), NOW, "r-1")

    assert (event.event_tag, event.slug, event.correlation_id) == (tag, slug_of(tag), "r-1")
    assert event.received_at == timestamp(NOW)
    envelope = json.loads(event.envelope)
    assert (envelope["id"], envelope["type"], envelope["data"]) == (event.id, tag, content_of(tag))
    assert envelope.get("subject") == event.tenant_id == delivery.tenant_id


def test_an_event_encloses_its_content_or_says_where_it_is() -> None:
    delivery = delivery_of(dumps(message({"a": 1})))
    event = delivery.event(kind_of(None), NOW)

    moved = event.enclosing(delivery.content, delivery.extensions, "s3://bucket/events/1")

    whole, short = json.loads(event.envelope), json.loads(moved.envelope)
    assert whole.pop("data") == {"a": 1}
    assert short.pop("dataref") == "s3://bucket/events/1"
    assert whole == short


@pytest.mark.parametrize("nothing", [{}, [], None, "", " ", "{}", "[]"])
@pytest.mark.parametrize("field", ["content", "infos"])
def test_a_handshake_may_have_a_content_that_says_nothing(field: str, nothing: object) -> None:
    body = {"eventTag": "A|B", "dispatchId": "d", field: nothing}

    assert read(dumps(body), None) == Handshake("A|B", "d")
    assert read(dumps(body | {"content": {}, "infos": []}), None) == Handshake("A|B", "d")
    assert isinstance(read(dumps(body | {"sourceMessageId": "s"}), None), Delivery)
    assert isinstance(read(dumps(body | {"callbackMessageId": "c"}), None), Delivery)
    assert isinstance(read(dumps(body | {"infos": [], "content": [0]}), None), Delivery)


@pytest.mark.parametrize(
    "beside", [{"tenantId": 7}, {"employeeCodes": ["GE_1"]}, {"infos": [1]}, {"content": {"a": 1}}]
)
def test_a_tag_beside_what_its_events_say_is_no_handshake(beside: dict[str, object]) -> None:
    delivery = delivery_of(dumps({"eventTag": TAGS[0], "dispatchId": "d"} | beside))

    assert delivery.value == beside.get("content", beside)


@pytest.mark.parametrize("tag", [TAGS[0], "real_time_trace"])
@pytest.mark.parametrize(
    "beside",
    [
        {"tag": "A"}, {"topic": "A", "tag": "B"}, {"timestamp": 1, "nonce": "n"}, {"tenantId": ""},
        {"callbackUrl": "http://192.0.2.1/x"}, {"callBackUrl": "http://192.0.2.1/x"}, {"employeeCodes": []},
        {"eventTime": 1_586_311_200_000, "eventTimeStr": "2020-04-08"}, {"callbackData": None, "data": {}},
    ],
)  # fmt: skip
def test_a_handshake_may_say_when_and_where_and_leave_the_rest_empty(
    beside: dict[str, object], tag: str
) -> None:
    body = {"eventTag": tag, "dispatchId": "d"} | beside

    assert read(dumps(body), None) == Handshake(tag, "d")


@pytest.mark.parametrize("tag", [TAGS[4], "real_time_trace"])
@pytest.mark.parametrize(
    "beside",
    [
        {"callbackData": '{"employeeCodes":["GE_1"]}'}, {"callbackData": "text"}, {"data": {"traceId": "t1"}},
        {"traceId": "t1"}, {"id": 1, "tenantId": "1"}, {"id": 282}, {"success": False}, {"count": 0},
        {"employeeInfos": [{}]},
    ],
)  # fmt: skip
def test_a_tag_beside_anything_else_is_an_event_and_perhaps_a_handshake_too(
    beside: dict[str, object], tag: str
) -> None:
    delivery = delivery_of(dumps({"eventTag": tag, "dispatchId": "d"} | beside))

    assert (delivery.value, delivery.event_tag) == (beside, tag)
    assert delivery.handshake == Handshake(tag, "d")


def test_so_it_is_in_a_form() -> None:
    delivery = delivery_of("eventTag=real_time_trace&dispatchId=d&traceId=t1")

    assert (delivery.value, delivery.handshake) == ({"traceId": "t1"}, Handshake("real_time_trace", "d"))


@pytest.mark.parametrize(
    "body",
    [
        message({"a": 1}, eventTag="A|B"), message({"a": 1}),
        {"eventTag": "A|B", "dispatchId": "d", "callbackMessageId": "c", "a": 1},
        {"eventTag": "A|B", "dispatchId": "d", "sourceMessageId": ["s"], "a": 1},
        {"eventTag": ["A|B"], "dispatchId": "d", "a": 1}, {"dispatchId": "d", "content": {"a": 1}},
    ],
)  # fmt: skip
def test_what_holds_a_message_id_or_no_tag_is_no_handshake(body: dict[str, object]) -> None:
    assert delivery_of(dumps(body)).handshake is None


EMPTY: list[object] = [None, "", " ", {}, []]


@pytest.mark.parametrize("nothing", EMPTY)
def test_an_empty_content_is_none_if_something_stands_beside_it(nothing: object) -> None:
    ids = {"dispatchId": "d", "sourceMessageId": "s"}
    found = {
        delivery_of(dumps(ids | {"content": nothing, "infos": [{"employeeCode": code}]}))
        .event(kind_of(TAGS[5]), NOW)
        .id
        for code in ("GE_1", "GE_2")
    }
    delivery = delivery_of(dumps(ids | {"content": nothing, "infos": [{"employeeCode": "GE_1"}]}))

    assert len(found) == 2
    assert delivery.value == {"content": nothing, "infos": [{"employeeCode": "GE_1"}]}


@pytest.mark.parametrize("beside", [{}, {"infos": []}, {"callbackData": ""}, {"corp": None}])
@pytest.mark.parametrize("nothing", [{}, []])
def test_an_empty_content_by_itself_is_the_content(nothing: object, beside: dict[str, object]) -> None:
    assert delivery_of(dumps({"sourceMessageId": "s", "content": nothing} | beside)).value == nothing


def test_infos_beside_a_content_belong_to_it() -> None:
    body = {"sourceMessageId": "s", "content": {"tenantId": "7"}, "infos": [{"employeeCode": "GE_1"}], "x": 1}
    delivery = delivery_of(dumps(body))

    assert delivery.value == {"tenantId": "7", "infos": [{"employeeCode": "GE_1"}]}
    assert json.loads(delivery.content.text) == delivery.value
    assert (delivery.tenant_id, delivery.other_fields) == ("7", '{"x":1}')
    assert delivery.as_came == dumps(body).encode()


@pytest.mark.parametrize(
    "content", [[1], "text", 7, {"infos": []}, {"infos": [{"employeeCode": "GE_3"}], "a": 1}, {"infos": None}]
)
def test_where_they_do_not_fit_in_all_is_the_content(content: object) -> None:
    body = {"content": content, "infos": [{"employeeCode": "GE_1"}]}

    assert delivery_of(dumps({"sourceMessageId": "s"} | body)).value == body


def test_an_infos_that_comes_twice_is_there_twice() -> None:
    text = '{"content":{"a":1},"infos":[1],"infos":[2]}'

    assert delivery_of(text).content.text == text


@pytest.mark.parametrize(
    "form",
    [
        'content={"a":1}&content.tenantId=',
        'content={"a":1}&content[x][]=',
        "content.a[1]=x&content.b=",
        'content={"a":1}&infos[2].employeeCode=',
        "content=text&content.a=",
    ],
)
def test_names_of_the_content_that_cannot_be_unfolded_belong_to_it(form: str) -> None:
    ids = {
        delivery_of(f"sourceMessageId=s&{form}{value}").event(kind_of(None), NOW).id for value in ("1", "2")
    }

    assert len(ids) == 2


@pytest.mark.parametrize(
    ("form", "tenant"),
    [
        ("dispatchId=d&sourceMessageId=s&content.tenantId=7&content.employeeCodes[0]=GE_1", "7"),
        ("dispatchId=d&sourceMessageId=s&content[tenantId]=7&content[tag]=", "7"),
        ("dispatchId=d&sourceMessageId=s&tenantId=7&employeeCodes=GE_1&employeeCodes=GE_2", "7"),
        ("dispatchId=d&sourceMessageId=s&tenantId=7&infos[0].employeeCode=GE_1", "7"),
        ("dispatchId=d&sourceMessageId=s&content.tenantId=7&content.tenantId=8", None),
    ],
)
def test_the_tenant_of_a_form_is_known_wherever_it_nests(form: str, tenant: str | None) -> None:
    assert delivery_of(form).tenant_id == tenant


@pytest.mark.parametrize(
    ("body", "tag"),
    [
        ({"eventTag": TAGS[3]}, TAGS[3]),
        ({"eventTag": TAGS[3], "tag": "frozen"}, TAGS[3]),
        ({"eventTag": "MOZI|NEW"}, "MOZI|NEW"),
        ({"eventTag": "MOZI|NEW", "tag": "frozen"}, "MOZI_BUC_ACCOUNT_MODIFY_REALM|frozen"),
        ({"eventTag": ["A|B"]}, None),
        ({"eventTag": " "}, None),
        ([{"eventTag": "A|B"}], None),
    ],
)
def test_the_content_may_name_the_tag(body: object, tag: str | None) -> None:
    assert delivery_of(dumps(message(body))).content_tag == tag


STRANGE = (
    '{"sourceMessageId":"s","sourceMessageId":"t","content":{"a":1}}',
    '{"sourceMessageId":{"a":1},"content":{"a":1}}',
    '{"callbackMessageId":[],"content":1}',
    "callbackMessageId=a&callbackMessageId=b&content=x",
    '{"sourceMessageId":"s","content":{"a":1},"content":{"a":2}}',
)


@pytest.mark.parametrize("body", STRANGE)
def test_a_strange_body_that_holds_a_message_id_is_one_event_however_often_it_comes(body: str) -> None:
    ids = {
        delivery_of(one).event(kind_of("A|B"), NOW).id
        for one in (body, body, f" {body}" if body[0] == "{" else body)
    }

    assert len(ids) == 1


def test_strange_bodies_that_differ_are_different_events() -> None:
    assert len({delivery_of(body).event(kind_of("A|B"), NOW).id for body in STRANGE}) == len(STRANGE)


@pytest.mark.parametrize(
    "body", ['{"dispatchId":["d"],"content":1}', '{"content":1,"content":2}', '{"content":1}', "?"]
)
def test_a_body_without_any_message_id_is_another_event_each_time(body: str) -> None:
    assert delivery_of(body).event(kind_of("A|B"), NOW).id != delivery_of(body).event(kind_of("A|B"), NOW).id


def test_what_comes_twice_is_published_twice_and_none_of_it_is_taken_for_the_gateways() -> None:
    delivery = delivery_of('{"dispatchId": "d", "sourceMessageId":"s","dispatchId":"e","content":{"a":1}}')

    assert (
        delivery.content.text
        == '{"dispatchId": "d", "sourceMessageId":"s","dispatchId":"e","content":{"a":1}}'
    )
    assert (delivery.dispatch_id, delivery.source_message_id, delivery.other_fields) == (None, "s", None)


@pytest.mark.parametrize(
    ("body", "repaired"),
    [
        ('{"content":{"a":"1\t2"}}', True),
        ('{"content":{"a":1}}\0', True),
        ('{"content":1}', False),
        ("?\t", False),
    ],
)
def test_a_delivery_says_whether_it_was_mended(body: str, repaired: bool) -> None:
    assert delivery_of(body).repaired is repaired
