"""Notices received often travel apart: one that breaks the portal neither holds up others nor stays."""

import itertools

import pytest

from notice.outcomes import Accepted, Deferred, Rejected
from notice.portal.errors import PortalUnavailableError
from tests.support.outbound import (
    BATCH_LIMIT,
    BROKEN,
    DOWN,
    FakePortal,
    deadline,
    dispatch,
    kinds,
    new_dispatcher,
    notice,
    notices,
)


@pytest.mark.parametrize(
    ("receives", "size"), [(1, 100), (2, 50), (3, 25), (4, 12), (5, 6), (6, 3), (7, 1), (99, 1)]
)
def test_the_more_often_notices_were_received_the_smaller_their_first_batch(receives: int, size: int) -> None:
    portal = FakePortal()
    portal.error = DOWN

    dispatch(notices(100, receives=receives), portal)

    assert portal.sizes == [size]


@pytest.mark.parametrize("culprit", [0, 42, 99])
def test_a_notice_that_breaks_the_portal_does_not_hold_up_the_others(culprit: int) -> None:
    portal = FakePortal(breaking={f"n-{culprit}"})
    dispatcher = new_dispatcher(portal, workers=1)

    for receives in range(1, 6):
        dispatcher.dispatch(notices(BATCH_LIMIT, receives=receives), deadline())

    assert len(portal.content) == BATCH_LIMIT - 1


@pytest.mark.parametrize("count", [2, 3, 100])
def test_a_notice_that_breaks_a_working_portal_ends_rejected(count: int) -> None:
    hours = itertools.count(step=3600)
    dispatcher = new_dispatcher(FakePortal(breaking={"n-1"}), workers=1, clock=lambda: next(hours))

    ends = [
        dispatcher.dispatch(notices(count, receives=receives), deadline()).outcomes[notice(1)]
        for receives in range(1, 15)
    ]

    assert all(isinstance(end, Deferred) for end in ends[:7])
    assert Rejected("500", "broken") in ends


def test_a_notice_on_which_a_broken_portal_fails_is_never_rejected() -> None:
    portal = FakePortal()
    portal.error = BROKEN

    for receives in range(1, 200):
        assert kinds(dispatch([notice(1, receives=receives), notice(2, receives=receives)], portal)) == {
            Deferred: 2
        }


@pytest.mark.parametrize(
    "last", [PortalUnavailableError("429"), DOWN, PortalUnavailableError("ReadTimeoutError")]
)
def test_a_notice_is_not_rejected_unless_the_portal_fails_on_it_to_the_last(
    last: PortalUnavailableError,
) -> None:
    portal = FakePortal()

    def fail_otherwise_at_last(_org: str, names: list[str]) -> None:
        portal.error = None
        if "n-1" in names:
            broken = sum("n-1" in called for _, called in portal.calls)
            portal.error = last if broken == 3 else BROKEN

    portal.meddle = fail_otherwise_at_last

    report = dispatch([notice(1, receives=20), notice(2, receives=20)], portal)

    assert portal.calls[-1] == ("o-1", ["n-1"])
    assert isinstance(report.outcomes[notice(1)], Deferred)


def test_a_portal_that_fails_every_other_time_gets_nothing_rejected() -> None:
    portal = FakePortal()

    def flap(_org: str, _names: list[str]) -> None:
        portal.error = BROKEN if len(portal.calls) % 2 == 0 else None

    portal.meddle = flap

    report = dispatch(notices(100, receives=50), portal)

    assert kinds(report)[Rejected] == 0
    assert kinds(report)[Accepted] >= 1
    assert len(portal.calls) <= 20
