"""What holds for a few notices holds for none, for a full batch, for one more, and for ten thousand."""

import itertools
from math import ceil
from typing import Any

import pytest

from notice.deadline import Deadline
from notice.dispatch.dispatcher import WORKERS
from notice.outcomes import Accepted, Deferred, Outcome, Rejected
from notice.queue.records import QueuedNotice
from tests.support.in_process_portal import DOWN, RATE_LIMITED, WRONG_ADDRESS, InProcessPortal
from tests.support.outbound import (
    BATCH_LIMIT,
    deadline,
    dispatch,
    kinds,
    names_of,
    new_dispatcher,
    notice,
    notices,
)

NONE, ALONE, FULL, ONE_MORE, MANY = 0, 1, BATCH_LIMIT, BATCH_LIMIT + 1, 10_000
SIZES = pytest.mark.parametrize("count", [NONE, ALONE, FULL, ONE_MORE, MANY])
SIZES_WITH_A_POISON_NOTICE = pytest.mark.parametrize("count", [ALONE, FULL, ONE_MORE, MANY])


def received_again_and_again(
    given: list[QueuedNotice], portal: InProcessPortal, most: int
) -> dict[QueuedNotice, Outcome]:
    """The outcomes when what is deferred returns, in other company each time, up to so many receives."""
    hours = itertools.count(step=3600)
    dispatcher = new_dispatcher(portal, workers=WORKERS, clock=lambda: next(hours))
    outcomes: dict[QueuedNotice, Outcome] = {}
    for receives in range(1, most + 1):
        waiting = [one for one in given if not isinstance(outcomes.get(one), Accepted | Rejected)]
        again = [QueuedNotice(one.org_id, one.message_id, one.wire, receives) for one in waiting]
        outcomes |= dispatcher.dispatch([*again, notice("fresh")], deadline()).outcomes
    return {one: outcomes[one] for one in given}


@SIZES_WITH_A_POISON_NOTICE
def test_one_poison_notice_is_rejected_alone_and_costs_the_others_nothing(count: int) -> None:
    portal = InProcessPortal(refuses={f"n-{count // 2}"})

    report = dispatch(notices(count), portal, workers=WORKERS)

    assert names_of(report, Rejected) == {f"n-{count // 2}"}
    assert kinds(report)[Accepted] == count - 1 == len(portal.content)
    assert report.calls <= ceil(count / BATCH_LIMIT) + 10


@SIZES_WITH_A_POISON_NOTICE
def test_one_on_which_the_portal_fails_holds_the_others_up_for_a_few_receives(count: int) -> None:
    portal = InProcessPortal(fails_on={f"n-{count // 2}"})

    outcomes = received_again_and_again(notices(count), portal, most=5)

    waiting = {one.message_id for one, outcome in outcomes.items() if outcome != Accepted()}
    assert waiting == {f"n-{count // 2}"}


@SIZES_WITH_A_POISON_NOTICE
def test_one_on_which_the_portal_fails_ends_rejected(count: int) -> None:
    portal = InProcessPortal(fails_on={f"n-{count // 2}"})

    outcomes = received_again_and_again(notices(count), portal, most=12)

    assert outcomes.pop(notice(count // 2)) == Rejected("500", "internal error")
    assert set(outcomes.values()) <= {Accepted()}


@SIZES
@pytest.mark.parametrize("fault", [DOWN, RATE_LIMITED, {"reply": WRONG_ADDRESS}])
def test_nothing_is_lost_in_an_outage_and_everything_is_through_after_it(
    count: int, fault: dict[str, Any]
) -> None:
    portal, hours = InProcessPortal(), itertools.count(step=3600)
    dispatcher = new_dispatcher(portal, workers=WORKERS, clock=lambda: next(hours))
    portal.break_down(**fault)
    down = dispatcher.dispatch(notices(count), deadline())
    calls_down = len(portal.calls)
    portal.fix()

    up = dispatcher.dispatch(notices(count, receives=2), deadline())

    assert kinds(down)[Deferred] == count
    assert calls_down <= WORKERS
    assert kinds(up)[Accepted] == count == len(portal.content)
    assert up.calls <= ceil(count / BATCH_LIMIT) + 2


@SIZES
def test_what_was_taken_without_an_answer_is_sent_again_unchanged(count: int) -> None:
    portal = InProcessPortal()
    portal.break_down(cut=True)
    cut = dispatch(notices(count), portal)
    portal.fix()

    report = dispatch(notices(count, receives=2), portal)

    assert kinds(cut)[Deferred] == count
    assert kinds(report)[Accepted] == count == len(portal.received("o-1", "u-1"))
    # The portal knows by the messageId whom it has told; what comes under it must not have changed.
    assert [len(contents) for contents in portal.came.values()] == [1] * count


@SIZES
def test_equal_copies_are_sent_once_and_different_ones_in_turn(count: int) -> None:
    portal = InProcessPortal()
    others = [notice(number, text="other") for number in range(count)]

    report = dispatch([*notices(count), *others, *notices(count)], portal)

    assert kinds(report)[Accepted] == 2 * count
    assert sum(portal.sizes) == 2 * count
    assert "other" not in {one["header"]["defaultValue"] for one in portal.content.values()}


@SIZES
def test_without_time_nothing_is_sent_and_everything_waits(count: int) -> None:
    portal = InProcessPortal()

    report = new_dispatcher(portal).dispatch(notices(count), Deadline(3, lambda: 0.0))

    assert portal.calls == []
    assert kinds(report)[Deferred] == count
