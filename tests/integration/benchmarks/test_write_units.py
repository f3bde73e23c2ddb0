"""An event takes as many write units of the table as the cost is reckoned with."""

from math import ceil
from typing import Any

import boto3
import pytest

from benchmarks.cost import FORM_WRITE_UNITS, WRITE_UNITS
from callback.request import CallbackRequest
from relay.catalog import kind_of, tag_of
from relay.payloads import Payloads
from relay.reading import Delivery, read
from relay.store import EventStore
from relay.table import WRITE_UNIT
from tests.support.inbound import EVENTS, NOW, sample
from tests.support.template import EVENT_TABLE, PAYLOAD_BUCKET, of_type

SAMPLES = [file.stem for file in EVENTS.glob("callback-*.json") if file.stem != "callback-handshake"]
(TABLE,) = of_type("AWS::DynamoDB::Table").values()
INDEXES = [one["KeySchema"][0]["AttributeName"] for one in TABLE["Properties"]["GlobalSecondaryIndexes"]]


def size(item: dict[str, Any]) -> int:
    """Bytes of an item as DynamoDB counts them: names and values in UTF-8, two digits of a number in one."""
    return sum(len(name) + bytes_of(kind, value) for name, one in item.items() for kind, value in one.items())


def bytes_of(kind: str, value: Any) -> int:
    return {"N": len(value) // 2 + 2, "B": len(value), "S": len(str(value).encode())}[kind]


def units(before: dict[str, Any], after: dict[str, Any]) -> int:
    """Of a write from one item to another: the larger counts, and each index that it comes on or leaves."""
    moved = sum((index in before) != (index in after) for index in INDEXES)
    return ceil(max(size(before), size(after)) / WRITE_UNIT) + moved


@pytest.mark.parametrize("name", SAMPLES)
def test_claim_and_mark_of_a_sample_event_take_the_write_units_of_the_cost(inbound: None, name: str) -> None:
    request, client = CallbackRequest.of(sample(name)), boto3.client("dynamodb")
    delivery = read(request.body, request.content_type)
    assert isinstance(delivery, Delivery)
    store = EventStore(client, EVENT_TABLE, retention_days=90, clock=lambda: NOW)

    payloads = Payloads(PAYLOAD_BUCKET, lambda: boto3.client("s3"))

    event = delivery.event(kind_of(tag_of(request.slug)), NOW, request.id)
    raw = delivery.as_came
    kept = None if raw is None else payloads.keep_body(event.id, raw, request.content_type)
    claim = store.claim(event, kept)
    (pending,) = client.scan(TableName=EVENT_TABLE)["Items"]
    store.mark_published(claim)
    (published,) = client.scan(TableName=EVENT_TABLE)["Items"]

    taken = units({}, dict(pending)) + units(dict(pending), dict(published))
    assert taken == WRITE_UNITS if kept is None else WRITE_UNITS <= taken <= FORM_WRITE_UNITS
