"""How notices are put together into produce calls."""

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

import pytest

from notice.dispatch import batches
from notice.dispatch.batches import BATCH_BYTES, body, full, next_suspects
from notice.queue.records import Notice
from tests.support.outbound import notice, notices


def alike(one: Notice) -> None:
    """Anything may share a batch with anything."""


def sized(name: int, size: int) -> Notice:
    return Notice("o-1", f"n-{name}", b"x" * size)


@pytest.mark.parametrize(
    ("count", "sizes"), [(0, []), (1, [1]), (100, [100]), (101, [100, 1]), (10_000, [100] * 100)]
)
def test_a_batch_holds_at_most_100_notices(count: int, sizes: list[int]) -> None:
    assert [len(batch) for batch in full(notices(count), by=alike)] == sizes


@pytest.mark.parametrize(
    ("sizes", "parts"),
    [
        ([BATCH_BYTES // 2 - 1, BATCH_BYTES // 2 - 1], [2]),
        ([BATCH_BYTES // 2, BATCH_BYTES // 2], [1, 1]),
        ([BATCH_BYTES + 1, 1, 1], [1, 2]),
        ([1, BATCH_BYTES + 1, 1], [1, 1, 1]),
    ],
)
def test_a_batch_holds_so_many_bytes_and_a_larger_notice_travels_alone(
    sizes: list[int], parts: list[int]
) -> None:
    given = [sized(number, size) for number, size in enumerate(sizes)]

    assert [len(batch) for batch in full(given, by=alike)] == parts


def test_a_body_is_the_vendors_shape_in_compact_utf_8() -> None:
    first, second = notice(1), notice(2)

    assert json.loads(body([first, second])) == {
        "messages": [json.loads(first.wire), json.loads(second.wire)]
    }
    assert body([first]) == b'{"messages":[' + first.wire + b"]}"


def test_a_batch_is_made_as_soon_as_it_is_full() -> None:
    read: list[Notice] = []

    def arriving() -> Iterator[Notice]:
        for one in notices(250):
            read.append(one)
            yield one

    found = [(len(batch), len(read)) for batch in full(arriving(), by=alike)]

    assert found == [(100, 100), (100, 200), (50, 250)]


def test_only_what_is_alike_shares_a_batch() -> None:
    given = [notice(number, org=f"o-{number % 3}") for number in range(250)]

    found = list(full(given, by=lambda one: one.org_id))

    assert sorted(len(batch) for batch in found) == [83, 83, 84]
    assert all(len({one.org_id for one in batch}) == 1 for batch in found)


@pytest.mark.parametrize(
    ("receives", "boost", "size"),
    [(7, 1, 1), (7, 4, 4), (2, 1, 50), (2, 2, 100), (2, 64, 100), (999, 64, 64)],
)
def test_the_first_batch_of_suspects_is_what_they_are_due(receives: int, boost: int, size: int) -> None:
    assert len(next_suspects(notices(200, receives=receives), boost)) == size


def test_a_notice_that_was_received_often_does_not_ride_in_a_large_batch() -> None:
    suspects = [*notices(40, receives=2), *notices(40, receives=7)]

    assert len(next_suspects(suspects, 1)) == 40


def test_suspects_stand_in_another_order_at_every_receive() -> None:
    first = [one.message_id for one in batches.in_changing_order(notices(20, receives=7))]
    second = [one.message_id for one in batches.in_changing_order(notices(20, receives=8))]

    assert sorted(first) == sorted(second)
    assert first[0] != second[0]


def test_notices_of_one_record_stand_together() -> None:
    suspects = [replace(notice(n, receives=7), record_id=f"r-{n % 10}") for n in range(100)]

    standing = [one.record_id for one in batches.in_changing_order(suspects)]

    assert [name for name, _ in groupby(standing)] == list(dict.fromkeys(standing))
