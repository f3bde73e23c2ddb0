"""Redelivered notices start in small batches, in another order at every receive."""

from dataclasses import replace
from itertools import groupby

import pytest

from notice.dispatch.batches import BATCH_LIMIT, Batch
from notice.dispatch.slow_start import in_changing_order, send_slowly
from notice.queue.records import QueuedNotice
from tests.support.outbound import notice, notices


def first_batch(given: list[QueuedNotice], factor: int, limit: int = BATCH_LIMIT) -> Batch:
    """The first batch sent, by a portal that takes none."""
    sent: list[Batch] = []

    def send(batch: Batch) -> bool:
        sent.append(batch)
        return False

    send_slowly(send, factor, lambda _: limit, given)
    return sent[0]


@pytest.mark.parametrize(
    ("receives", "factor", "size"),
    [(7, 1, 1), (7, 4, 4), (2, 1, 50), (2, 2, 100), (2, 64, 100), (999, 64, 64)],
)
def test_the_first_batch_is_smaller_the_more_often_its_notices_were_received(
    receives: int, factor: int, size: int
) -> None:
    assert len(first_batch(notices(200, receives=receives), factor)) == size


def test_each_batch_that_is_taken_doubles_the_next() -> None:
    sizes: list[int] = []

    def send(batch: Batch) -> bool:
        sizes.append(len(batch))
        return True

    waiting = send_slowly(send, 1, lambda _: BATCH_LIMIT, notices(300, receives=7))

    assert sizes == [1, 2, 4, 8, 16, 32, 64]
    assert len(waiting) == 300 - sum(sizes)


def test_a_notice_that_was_received_often_does_not_ride_in_a_large_batch() -> None:
    given = [*notices(40, receives=2), *notices(40, receives=7)]

    assert len(first_batch(given, 1)) == 40


def test_notices_stand_in_another_order_at_every_receive() -> None:
    first = [one.message_id for one in in_changing_order(notices(20, receives=7))]
    second = [one.message_id for one in in_changing_order(notices(20, receives=8))]

    assert sorted(first) == sorted(second)
    assert first[0] != second[0]


@pytest.mark.parametrize("pair", [("n", "m"), ("n-1", "n-2"), ("order-100", "order-101"), ("A", "B")])
@pytest.mark.parametrize("records", [("r", "r"), ("r-1", "r-2")])
def test_none_stands_behind_another_three_times_in_a_row(
    pair: tuple[str, str], records: tuple[str, str]
) -> None:
    """However alike their names are."""
    named = list(zip(pair, records, strict=True))

    def first(receives: int) -> str:
        given = [replace(notice(name, receives=receives), record_id=record) for name, record in named]
        return in_changing_order(given)[0].message_id

    leads = [first(receives) for receives in range(2, 60)]

    assert max(len(list(run)) for _, run in groupby(leads)) <= 2


def test_any_of_many_is_the_first_in_its_turn() -> None:
    leads = {in_changing_order(notices(10, receives=r))[0].message_id for r in range(2, 60)}

    assert len(leads) == 10


def test_notices_of_one_record_stand_together() -> None:
    given = [replace(notice(n, receives=7), record_id=f"r-{n % 10}") for n in range(100)]

    ordered = [one.record_id for one in in_changing_order(given)]

    assert [name for name, _ in groupby(ordered)] == list(dict.fromkeys(ordered))
