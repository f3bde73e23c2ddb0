"""Of any body every value is published, in any charset, and no other event has the id of its own.

Bodies are made at random, each from a number that a failure names. INBOUND_EXAMPLES sets how many: twice as
many JSON bodies, and twice as many forms, each in another spelling and with one value changed too. 5,000 are
20,000 bodies, and 25,000 more in other charsets. 100,000, in three minutes:
INBOUND_EXAMPLES=25000 python -m pytest -n 0 -k nothing_is_lost tests/unit/relay
"""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from relay.catalog import kind_of
from relay.reading import Delivery, Handshake, read
from tests.support.inbound import NOW, TAGS

EXAMPLES = int(os.environ.get("INBOUND_EXAMPLES", "200"))
pytestmark = pytest.mark.timeout(120 + EXAMPLES // 5)
# Of two bytes in UTF-8, and Chinese in GBK: signs, accents, Greek, Cyrillic, Armenian.
PIECES = ["", "%26", *'a中😀"\\&=+%[]{. 1,\0\t\n', *"²§·©®é£αΩжИծ"]
NAMES = ["a", "b", "tag", "tenantId", "中", "\0", "infos", "employeeCodes"]
FORM_NAMES = [
    "content", "content.a", "content.b", "content[a]", "content[c][]", "content.d[0]", "content[d][1]",
    "content.e.f", "infos", "infos[0].a", "infos[0][b]", "infos[1].a", "infos[]",
    "content.d[1]", "content.d[2]", "content.d[0].e", "infos[2].a", "tenantId", "content.tenantId",
    "a", "b", "a[]", "a[0]", "a[1]", "a[b]", "a[b][c]", "c[2]", "x.y", "[", "a[", "", "中", "callbackData",
]  # fmt: skip


class Members(list[tuple[str, Any]]):
    """An object's members; a name may come twice."""


class Number(str):
    """A number's text."""

    __slots__ = ()


@dataclass
class Body:
    """What a body says, and how it is written."""

    seed: int
    changed: bool = False
    """With one value changed."""
    respelled: bool = False
    """Written otherwise, as another delivery of the same event."""
    codec: str = "utf-8"
    values: list[str] = field(default_factory=list)
    named: bool = False
    strange: bool = False

    def __post_init__(self) -> None:
        self.random = Random(self.seed)  # noqa: S311
        self.spelling = Random(f"{self.seed} {self.respelled}")  # noqa: S311
        self.change = self.random.randrange(6) if self.changed else self.random.randrange(6) - 99

    def name(self) -> str:
        """A value as the gateway names something."""
        return self.text(f"n{len(self.values)}", [""])

    def text(self, mark: str = "", pieces: list[str] = PIECES) -> str:
        """A text that no other value has."""
        drawn = "".join(self.random.choices(pieces, k=self.random.randrange(4)))
        text = f"{drawn}{mark}<{len(self.values)}{'!' * (len(self.values) == self.change)}>"
        self.values.append(text)
        return text

    def value(self, depth: int = 3) -> Any:
        draw = self.random.random()
        if depth and draw < 0.3:
            return [self.value(depth - 1) for _ in range(self.random.randrange(4))]
        if depth and draw < 0.6:
            return self.members(depth - 1)
        if draw < 0.7:
            return self.random.choice([None, True, False, Members(), [], " "])
        if draw < 0.8:
            number = f"{len(self.values)}.{self.random.choice(['1', '10', '0e3'])}"
            number += "7" * (len(self.values) == self.change)
            self.values.append(number)
            return Number(number)
        return self.text()

    def members(self, depth: int, names: list[str] = NAMES) -> Members:
        count = self.random.randrange(4)
        return Members((self.random.choice(names), self.value(depth)) for _ in range(count))

    def own(self) -> list[tuple[str, Any]]:
        """The gateway's own fields, some of them twice or as no name."""
        fields: list[tuple[str, Any]] = []
        for name in ("eventTag", "dispatchId", "sourceMessageId", "callbackMessageId"):
            if (draw := self.random.random()) < 0.5 or (name == "eventTag" and draw < 0.9):
                continue
            fields.append((name, self.name()))
            self.named |= name.endswith("MessageId")
            if draw > 0.98:
                self.strange = True
                fields.append((name, self.name()))
        return fields


def json_body(body: Body) -> bytes:
    fields = Members(body.own())
    if body.random.random() < 0.05:
        body.strange = True
        body.named = True
        fields.append(("sourceMessageId", [body.text()]))
    for _ in range(body.random.choice([0, 1, 1, 1, 1, 1, 1, 1, 1, 2])):
        content = body.value()
        fields.append(("content", written(content, body.random) if body.random.random() < 0.2 else content))
    fields += body.members(2)
    if body.random.random() < 0.2:
        message: Any = written(fields, body.random) if body.random.random() < 0.5 else fields
        # Beside infos it would be a field like any other, and no message id be had.
        beside = body.members(1, [name for name in NAMES if name != "infos"])
        fields = Members([("callbackData", message), *beside])
    text = written(fields, body.spelling)
    if body.random.random() < 0.1:
        text = json.dumps(text, ensure_ascii=body.spelling.random() < 0.5)
    return (text + body.spelling.choice(["", "", "", "\0", ",", "\n"])).encode(body.codec)


def written(value: Any, spelling: Random) -> str:
    """One of a JSON value's texts; a careless one may have control characters in its strings."""
    gap = spelling.choice(["", "", "", " ", "\n"])
    if isinstance(value, Number):
        return f"{value}{gap}"
    if isinstance(value, str):
        escaped = json.dumps(value, ensure_ascii=spelling.random() < 0.5)
        if spelling.random() < 0.1 and "\\" not in value:
            escaped = escaped.replace("\\t", "\t").replace("\\n", "\n").replace("\\u0000", "\0")
        return f"{gap}{escaped}"
    if isinstance(value, Members):
        names = [name for name, _ in value]
        spelling.shuffle(names)
        # Those of one name in their order.
        left = {name: iter([member for known, member in value if known == name]) for name in names}
        members = (f"{written(name, spelling)}{gap}:{written(next(left[name]), spelling)}" for name in names)
        return "{" + ",".join(members) + gap + "}"
    if isinstance(value, list):
        return "[" + ",".join(written(one, spelling) for one in value) + gap + "]"
    return f"{gap}{json.dumps(value)}"


def form_body(body: Body) -> bytes:
    fields = [(name, str(value)) for name, value in body.own()]
    for _ in range(body.random.randrange(6)):
        value = body.text() if body.random.random() < 0.7 else written(body.value(), body.random)
        name = body.random.choice(FORM_NAMES)
        body.strange |= name == "content" and name in (known for known, _ in fields)
        fields.append((name, value))
        if body.random.random() < 0.3:
            body.strange |= name == "content"
            fields.append((name, body.text()))
    body.random.shuffle(fields)

    def quoted(text: str) -> str:
        escaped = body.spelling.choice([quote_plus, quote])
        raw = escaped(text, safe=body.spelling.choice(["", "[].,{}"]), encoding=body.codec)
        return raw.replace("%5B", "%5b") if body.spelling.random() < 0.5 else raw

    return "&".join(f"{quoted(name)}={quoted(value)}" for name, value in fields).encode()


KINDS = pytest.mark.parametrize("write", [json_body, form_body])
type Write = Callable[[Body], bytes]


def delivered(raw: bytes, charset: str = "UTF-8") -> Delivery:
    found = read(raw, f"application/x-www-form-urlencoded;charset={charset}")
    assert not isinstance(found, Handshake), raw
    return found


def leaves(value: Any) -> Iterator[str]:
    """What a value holds at its ends, and what the JSON in its texts holds there."""
    if isinstance(value, dict):
        value = [*value.values()]
    if isinstance(value, list):
        for one in value:
            yield from leaves(one[1] if isinstance(one, tuple) else one)
    elif isinstance(value, str):
        # A number, or a JSON text, may have something around it.
        text = value.strip("\0,\n ")
        yield from (value, text)
        if text[:1] in ("{", "[", '"'):
            try:
                yield from leaves(parsed(text))
            except ValueError:
                return


def parsed(text: str) -> Any:
    return json.loads(
        text, strict=False, parse_int=str, parse_float=str, object_pairs_hook=lambda members: [*members]
    )


def compared(text: str) -> object:
    """A JSON text as what it says: numbers as they are written, and members of one name in their order."""

    def held(members: list[tuple[str, Any]]) -> Any:
        value: dict[str, list[Any]] = {}
        for name, member in members:
            value.setdefault(name, []).append(member)
        return sorted(value.items(), key=lambda member: member[0]), "object"

    def number(text: str) -> Any:
        return text, "number"

    return json.loads(text, parse_int=number, parse_float=number, object_pairs_hook=held)


def event_id(delivery: Delivery) -> str:
    return delivery.event(kind_of(TAGS[0]), NOW).id


@KINDS
def test_every_value_is_published_and_what_came_is_had_back(write: Write) -> None:
    for seed in range(EXAMPLES * 2):
        body = Body(seed)
        raw = write(body)
        if isinstance(found := read(raw, None), Handshake):
            assert not body.named
            continue
        envelope = parsed(found.event(kind_of(found.event_tag), NOW).envelope)
        if found.content.media_type == "text/plain":
            assert dict(envelope)["data"] == raw.decode(), (seed, raw)
        else:
            missing = {*body.values} - {*leaves(envelope)}
            assert not missing, (seed, raw, missing)
            json.loads(found.content.text)
        if found.as_came is None:
            assert found.content.body in raw, (seed, raw)
        else:
            assert found.as_came == raw, (seed, raw)


@KINDS
def test_ids_differ_where_contents_do_and_only_there(write: Write) -> None:
    told_apart = 0
    for seed in range(EXAMPLES * 2):
        body, other = Body(seed), Body(seed, changed=True)
        raw, changed = write(body), write(other)
        if not body.named or body.values == other.values:
            continue
        one, another = delivered(raw), delivered(changed)
        if "text/plain" in (one.content.media_type, another.content.media_type):
            assert event_id(one) != event_id(another)
            continue
        same_message = (one.source_message_id or one.callback_message_id) == (
            another.source_message_id or another.callback_message_id
        )
        same = same_message and compared(one.content.text) == compared(another.content.text)
        assert (event_id(one) == event_id(another)) == same, (seed, raw, changed)
        told_apart += not same
    assert told_apart > EXAMPLES // 4


@KINDS
def test_repeats_have_one_id_however_they_are_written(write: Write) -> None:
    repeats = 0
    for seed in range(EXAMPLES * 2):
        body = Body(seed)
        raw, repeat = write(body), write(Body(seed, respelled=True))
        if not body.named:
            continue
        one, another = delivered(raw), delivered(repeat)
        if "text/plain" in (one.content.media_type, another.content.media_type):
            continue
        assert event_id(one) == event_id(another), (seed, raw, repeat)
        repeats += raw != repeat
    assert repeats > EXAMPLES // 4


@pytest.mark.parametrize(
    ("write", "codec", "declared"),
    [
        (json_body, "gb18030", "GBK"), (json_body, "utf-16", "UTF-8"), (json_body, "utf-16-be", "UTF-16BE"),
        (json_body, "utf-8-sig", "GBK"), (form_body, "gb18030", "GBK"),
    ],
)  # fmt: skip
def test_in_another_charset_a_body_says_the_same_and_is_kept_whole(
    write: Write, codec: str, declared: str
) -> None:
    alike = no_text = 0
    for seed in range(EXAMPLES):
        body = Body(seed)
        plain, coded = write(body), write(Body(seed, codec=codec))
        if not body.named:
            continue
        one, another = delivered(plain), delivered(coded, declared)
        if one.content.is_json and not another.content.is_json:
            # A character or two among as many NULs may as well be no text.
            assert coded in (another.as_came, another.content.body)
            no_text += 1
            continue
        assert another.content.text == one.content.text, (seed, plain, coded)
        assert event_id(another) == event_id(one)
        assert another.as_came == coded or another.content.body in coded
        alike += plain != coded
    assert alike > EXAMPLES // 8
    assert no_text <= EXAMPLES // 1_000
