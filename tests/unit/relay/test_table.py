"""What an event costs to keep: an item is written twice, in units of 1,024 bytes."""

import json
from typing import Any, cast
from zlib import compress

import pytest
from botocore.exceptions import ClientError

from relay.events import Content, Event, envelope, timestamp
from relay.table import BY_TAG, WRITE_UNIT, EventIndexes, event_of, item_of, packed

CONTENT: dict[str, Any] = {"tag": "变动", "tenantId": "50006001", "employeeCodes": ["GE_1", "GE_2"]}


def event(**more: Any) -> Event:
    text = json.dumps(CONTENT | more, ensure_ascii=False)
    attributes: dict[str, str | None] = {"id": "k-c", "type": "A|B"}
    return Event("k-c", "A|B", "app-update", timestamp(0), envelope(attributes, Content(text)), "50006001")


def size(item: dict[str, Any]) -> int:
    return sum(len(name) + len(value.encode()) for name, kind in item.items() for value in kind.values())


def of_size(wanted: int) -> Event:
    """An event whose item has so many bytes as text."""
    return event(note="x" * (wanted - size(item_of(event(note="")))))


@pytest.mark.parametrize(("bytes_", "kind"), [(WRITE_UNIT, "S"), (WRITE_UNIT + 1, "B")])
def test_an_envelope_is_text_as_long_as_its_item_fits_into_a_write_unit(bytes_: int, kind: str) -> None:
    item = item_of(of_size(bytes_))

    assert size(item) == bytes_
    assert set(packed(item)["envelope"]) == {kind}


@pytest.mark.parametrize("bytes_", [WRITE_UNIT, WRITE_UNIT + 1, 200_000])
def test_however_it_is_kept_the_event_is_read_as_it_was(bytes_: int) -> None:
    given = of_size(bytes_)

    assert event_of(packed(item_of(given))) == given


@pytest.mark.parametrize("level", range(10))
def test_an_envelope_is_read_however_hard_it_was_deflated(level: int) -> None:
    given = of_size(5_000)
    deflated = {"B": compress(given.envelope.encode(), level)}

    assert event_of({**item_of(given), "envelope": deflated}) == given


def test_an_envelope_is_deflated_by_one_of_the_quick_ways() -> None:
    # RFC 1950, FLEVEL: 0 and 1 are quick, 2 is zlib's default, 3 the slowest.
    assert packed(item_of(of_size(5_000)))["envelope"]["B"][1] >> 6 <= 1


def test_an_item_that_was_kept_as_text_is_still_read() -> None:
    given = of_size(5_000)

    assert event_of(item_of(given)) == given


def test_a_large_event_takes_a_fraction_of_the_units() -> None:
    given = event(codes=[f"GE_{number:08}" for number in range(2_000)])

    assert len(packed(item_of(given))["envelope"]["B"]) < size(item_of(given)) / 3


def test_characters_are_counted_in_bytes() -> None:
    given = event(note="请" * 250)
    item = item_of(given)

    assert sum(len(value) for kind in item.values() for value in kind.values()) < WRITE_UNIT < size(item)
    assert set(packed(item)["envelope"]) == {"B"}


class StrictTable:
    """A client that refuses what DynamoDB refuses, a range that ends before it begins; else it is empty."""

    def query(self, **question: Any) -> dict[str, Any]:
        values = question["ExpressionAttributeValues"]
        if values[":since"]["S"] > values[":until"]["S"]:
            raise ClientError({"Error": {"Code": "ValidationException", "Message": "BETWEEN"}}, "Query")
        return {"Items": [], "Count": 0}


@pytest.mark.parametrize(("since", "until"), [(1, 0), (1, 1), (0, 1)])
def test_a_time_that_ends_before_it_begins_holds_nothing(since: float, until: float) -> None:
    indexes = EventIndexes(cast("Any", StrictTable()), "events")
    found = indexes.query(BY_TAG, "app-update#0", since=timestamp(since), until=timestamp(until), limit=1)

    assert (found.items, found.count, found.following) == ([], 0, None)
