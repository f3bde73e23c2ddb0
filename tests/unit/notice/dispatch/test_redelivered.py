"""Redelivered notices travel apart: one on which the portal fails neither holds up others nor stays."""

import itertools

import pytest

from notice.outcomes import Accepted, Deferred, Rejected
from notice.portal.errors import PortalUnavailableError
from sandbox.vendors.loopback import Answer, Request
from sandbox.vendors.portal import message_ids
from tests.support.in_process_portal import (
    DOWN,
    FAILED,
    FAILING,
    UNAVAILABLE,
    InProcessPortal,
    raising,
    too_many,
)
from tests.support.outbound import BATCH_LIMIT, deadline, dispatch, kinds, new_dispatcher, notice, notices


@pytest.mark.parametrize(
    ("receives", "size"), [(1, 100), (2, 50), (3, 25), (4, 12), (5, 6), (6, 3), (7, 1), (99, 1)]
)
def test_the_more_often_notices_were_received_the_smaller_their_first_batch(receives: int, size: int) -> None:
    portal = InProcessPortal()
    portal.break_down(**DOWN)

    dispatch(notices(100, receives=receives), portal)

    assert portal.sizes == [size]


@pytest.mark.parametrize("position", [0, 42, 99])
def test_a_notice_on_which_the_portal_fails_does_not_hold_up_the_others(position: int) -> None:
    portal = InProcessPortal(fails_on={f"n-{position}"})
    dispatcher = new_dispatcher(portal, workers=1)

    for receives in range(1, 6):
        dispatcher.dispatch(notices(BATCH_LIMIT, receives=receives), deadline())

    assert len(portal.content) == BATCH_LIMIT - 1


@pytest.mark.parametrize("count", [2, 3, 100])
def test_a_notice_on_which_a_working_portal_fails_ends_rejected(count: int) -> None:
    hours = itertools.count(step=3600)
    dispatcher = new_dispatcher(InProcessPortal(fails_on={"n-1"}), workers=1, clock=lambda: next(hours))

    ends = [
        dispatcher.dispatch(notices(count, receives=receives), deadline()).outcomes[notice(1)]
        for receives in range(1, 15)
    ]

    assert all(isinstance(end, Deferred) for end in ends[:7])
    assert Rejected("500", "internal error") in ends


def test_a_notice_on_which_the_portal_fails_is_never_rejected_while_it_fails_on_all() -> None:
    portal = InProcessPortal()
    portal.break_down(**FAILING)

    for receives in range(1, 200):
        assert kinds(dispatch([notice(1, receives=receives), notice(2, receives=receives)], portal)) == {
            Deferred: 2
        }


@pytest.mark.parametrize(
    "last", [too_many(), UNAVAILABLE, raising(PortalUnavailableError("ReadTimeoutError"))]
)
def test_a_notice_is_not_rejected_unless_the_portal_fails_on_it_to_the_last(last: Answer) -> None:
    portal = InProcessPortal()
    answers = iter([FAILED, FAILED, last])

    def fail_on_one(request: Request) -> Answer | None:
        return next(answers) if "n-1" in message_ids(request) else None

    portal.break_down(reply=fail_on_one)

    report = dispatch([notice(1, receives=20), notice(2, receives=20)], portal)

    assert portal.batches()[-1] == ["n-1"]
    assert isinstance(report.outcomes[notice(1)], Deferred)


def test_a_portal_that_fails_every_other_time_gets_nothing_rejected() -> None:
    portal, turns = InProcessPortal(), itertools.cycle([None, FAILED])
    portal.break_down(reply=lambda _: next(turns))

    report = dispatch(notices(100, receives=50), portal)

    assert kinds(report)[Rejected] == 0
    assert kinds(report)[Accepted] >= 90
    assert len(portal.calls) <= 60
