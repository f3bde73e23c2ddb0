"""What is kept of a delivery beside its event: its body as it came, where the content is no copy of that."""

import base64
import gzip
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any
from urllib.parse import urlencode
from zlib import compress, decompress

import pytest

from callback.handshakes import Handshakes
from callback.intake import Intake
from callback.request import CallbackRequest
from relay.events import KeptBody, timestamp
from relay.payloads import Payloads
from relay.publisher import Publisher
from relay.reading import Delivery, read
from relay.store import EventStore
from relay.table import WRITE_UNIT, body_of, event_of
from tests.support.inbound import NOW, TOKEN, Secrets, content_of, dumps, message, rest_api
from tests.support.memory_cloud import MemoryCloud

TAG = "openplatform_app_update|openplatform_app_update_tag"


class World:
    def __init__(self) -> None:
        self.cloud = MemoryCloud()
        client: Any = self.cloud
        self.intake = Intake(
            Secrets(current=TOKEN).check(),
            Handshakes(client, "events"),
            EventStore(client, "events", retention_days=90, clock=lambda: NOW),
            Payloads("payloads", lambda: client),
            Publisher(client, "event-"),
            clock=lambda: NOW,
        )

    def deliver(self, as_came: bytes | None, content_type: str | None = "text/x", body: Any = None) -> None:
        delivery = read(dumps(body or message(content_of(TAG))), None)
        assert isinstance(delivery, Delivery)
        self.intake.accept(replace(delivery, as_came=as_came, content_type=content_type), "app-update")

    def post(self, body: bytes, content_type: str | None = None) -> None:
        request = rest_api(body)
        request["headers"] = {"Content-Type": content_type} if content_type else {}
        self.intake.receive(CallbackRequest.of(request))

    @property
    def item(self) -> dict[str, Any]:
        (item,) = self.cloud.items.values()
        return item


@pytest.mark.parametrize("content_type", ["text/plain; charset=GBK", None, ""])
def test_a_body_is_kept_deflated_with_its_content_type(content_type: str | None) -> None:
    world = World()

    world.deliver("杭州".encode("gbk") * 100, content_type)

    assert decompress(world.item["body"]["B"]) == "杭州".encode("gbk") * 100
    assert world.item.get("contentType") == ({"S": content_type} if content_type else None)
    kept = body_of(world.item)
    assert kept is not None
    assert (kept.content_type or None, kept.key) == (content_type or None, None)
    assert event_of(world.item).received_at == timestamp(NOW)


def test_where_the_content_is_its_own_copy_nothing_more_is_kept() -> None:
    world = World()

    world.deliver(None, "application/json")

    assert body_of(world.item) is None
    assert not {"body", "contentType"} & set(world.item)
    assert world.cloud.objects == {}


def test_a_large_body_is_in_the_bucket_before_its_event_is_kept() -> None:
    world, raw = World(), json.dumps([n * n for n in range(20_000)]).encode()

    world.deliver(raw)

    ((address, deflated),) = world.cloud.objects.items()
    assert address == f"s3://payloads/{world.item['body']['S']}"
    assert address.startswith("s3://payloads/bodies/")
    assert decompress(deflated) == raw


def test_each_delivery_of_an_event_has_its_own_body_and_the_kept_one_stays() -> None:
    world, raws = World(), [json.dumps([n * n * m for n in range(20_000)]).encode() for m in (1, 3)]
    world.deliver(raws[0])
    before = world.item

    world.deliver(raws[1])

    assert world.item == before
    kept = world.cloud.objects[f"s3://payloads/{before['body']['S']}"]
    assert decompress(kept) == raws[0]


def test_a_body_counts_towards_the_unit_in_which_an_envelope_stays_text() -> None:
    world = World()
    world.deliver(b"")
    assert set(world.item["envelope"]) == {"S"}

    other = World()
    other.deliver(json.dumps([n * n for n in range(200)]).encode())
    assert set(other.item["envelope"]) == {"B"}
    assert len(other.item["body"]["B"]) < WRITE_UNIT


def test_a_body_is_deflated_by_one_of_the_quick_ways() -> None:
    world = World()

    world.deliver(b"x" * 5_000)

    # RFC 1950, FLEVEL: 0 and 1 are quick, 2 is zlib's default, 3 the slowest.
    assert world.item["body"]["B"][1] >> 6 <= 1


@pytest.mark.parametrize("level", range(10))
@pytest.mark.parametrize("in_bucket", [False, True])
def test_a_kept_body_is_read_however_hard_it_was_deflated(level: int, in_bucket: bool) -> None:
    raw, cloud = "杭州".encode("gbk") * 1000, MemoryCloud()
    client: Any = cloud
    cloud.objects["s3://payloads/bodies/e/1"] = deflated = compress(raw, level)
    kept = KeptBody(None, key="bodies/e/1") if in_bucket else KeptBody(None, deflated)

    assert Payloads("payloads", lambda: client).read_body(kept) == raw


def bodies(number: int) -> Iterator[tuple[bytes, bytes, str | None]]:
    """What is sent, what it is unpacked, and what is declared of it."""
    random = Random(9)  # noqa: S311
    names = ["杭州市人民政府办公厅", "一网通办", "张三", "Zoë", "阿迪力·买买提", "國立臺灣大學", "\0\x01"]
    for _ in range(number):
        name = "".join(random.choices(names, k=random.choice([1, 2, 40])))
        text = random.choice(
            [name, dumps(message({"appName": name})), urlencode(message(dumps({"名": name})))]
        )
        charset = random.choice(["utf-8", "utf-8", "gb18030", "utf-16", "utf-16-le", "utf-8-sig", "utf-32"])
        raw = text.encode(charset)
        for _ in range(random.choice([0, 0, 1, 3])):
            at = random.randrange(len(raw) + 1)
            raw = raw[:at] + random.randbytes(random.choice([0, 1])) + raw[at + random.choice([1, 2]) :]
        raw = random.choice([raw, raw, random.randbytes(random.choice([1, 5, 50, 20_000]))])
        packed = gzip.compress(raw)
        sent, raw = random.choice([(raw, raw), (raw, raw), (packed, raw), (packed[:-1], packed[:-1])])
        declared = random.choice(
            [None, "text/plain", f"x;charset={charset}", "x;charset=UTF-8", "x;charset=GBK"]
        )
        yield sent, raw, declared


def test_from_what_is_kept_every_body_comes_back_byte_for_byte() -> None:
    kinds = Counter[str]()
    for sent, raw, declared in bodies(2_000):
        world = World()
        world.post(sent, declared)
        if not world.cloud.items or "eventId" not in world.item:
            # Blank, or a handshake.
            assert len(raw) < 10
            continue

        kept, event = body_of(world.item), json.loads(event_of(world.item).envelope)
        kind = event["datacontenttype"]
        if kept:
            assert decompress(world.cloud.objects.get(f"s3://payloads/{kept.key}", kept.deflated)) == raw
            assert kept.content_type == declared
        else:
            # The content is a piece of what came.
            assert (event["data"] if kind == "text/plain" else dumps(event["data"])) in raw.decode()
        if kind == "application/octet-stream":
            assert base64.b64decode(event["data_base64"]) == raw
        kinds[f"{kind}, {'kept' if kept else 'its own copy'}"] += 1

    assert min(kinds.values()) > 50
    assert len(kinds) == 5
