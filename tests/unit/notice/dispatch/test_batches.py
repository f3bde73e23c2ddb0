"""How notices are put together into produce calls."""

from collections.abc import Iterator

import pytest

from notice.dispatch.batches import BATCH_BYTES, BATCH_LIMIT, Rounds, full
from notice.dispatch.ledger import Ledger
from notice.queue.records import QueuedNotice
from tests.support.outbound import notice, notices


def alike(one: QueuedNotice) -> None:
    """Anything may share a batch with anything."""


def unlimited(_: str) -> int:
    """Returns the size of a batch of which nothing else is known."""
    return BATCH_LIMIT


def sized(name: int, size: int) -> QueuedNotice:
    return QueuedNotice("o-1", f"n-{name}", b"x" * size)


@pytest.mark.parametrize(
    ("count", "sizes"), [(0, []), (1, [1]), (100, [100]), (101, [100, 1]), (10_000, [100] * 100)]
)
def test_a_batch_holds_at_most_100_notices(count: int, sizes: list[int]) -> None:
    assert [len(batch) for batch in full(notices(count), alike, unlimited)] == sizes


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

    assert [len(batch) for batch in full(given, alike, unlimited)] == parts


def test_a_batch_is_made_as_soon_as_it_is_full() -> None:
    read: list[QueuedNotice] = []

    def arriving() -> Iterator[QueuedNotice]:
        for one in notices(250):
            read.append(one)
            yield one

    found = [(len(batch), len(read)) for batch in Rounds(Ledger(), unlimited).fresh(arriving())]

    assert found == [(100, 100), (100, 200), (50, 250)]


def test_only_what_is_alike_shares_a_batch() -> None:
    given = [notice(number, org=f"o-{number % 3}") for number in range(250)]

    found = list(full(given, lambda one: one.org_id, unlimited))

    assert sorted(len(batch) for batch in found) == [83, 83, 84]
    assert all(len({one.org_id for one in batch}) == 1 for batch in found)
