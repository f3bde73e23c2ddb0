"""A portal that is down, or turns the key down, is left alone, and nothing is rejected for it."""

import itertools
from dataclasses import replace
from typing import Any

import pytest

from notice.deadline import Deadline
from notice.dispatch.dispatcher import WORKERS
from notice.outcomes import Accepted, Deferred, Reason
from notice.portal.errors import PortalNotAllowedError, PortalUnavailableError, ProduceError
from sandbox.vendors.loopback import Answer
from sandbox.vendors.portal import org_id
from tests.support.in_process_portal import (
    DOWN,
    FAILED,
    FAILING,
    FORBIDDEN,
    RATE_LIMITED,
    TOKEN_TURNED_DOWN,
    UNAVAILABLE,
    InProcessPortal,
    as_the_rules_say,
    raising,
    too_many,
)
from tests.support.outbound import deadline, dispatch, kinds, new_dispatcher, notice, notices

# No answer of the produce call: the token service says it, before there is a call.
KEY_TURNED_DOWN = raising(PortalNotAllowedError("1002", "appKey does not exist"))


@pytest.mark.parametrize(("fault", "code", "calls"), [(DOWN, "503", 1), (FAILING, "500", 2)])
def test_an_outage_costs_returning_notices_one_call_or_two_and_no_halving(
    fault: dict[str, Any], code: str, calls: int
) -> None:
    """The second is about one notice alone: had it been taken, the first would have failed for another."""
    portal = InProcessPortal()
    portal.break_down(**fault)

    report = dispatch(notices(10_000, receives=5), portal, workers=WORKERS)

    assert kinds(report) == {Deferred: 10_000}
    assert len(portal.calls) == calls
    assert report.halvings == 0
    assert report.outages == {code: calls}


def test_an_outage_costs_fresh_notices_one_call_per_thread() -> None:
    portal = InProcessPortal()
    portal.break_down(**DOWN)

    report = dispatch(notices(10_000), portal, workers=WORKERS)

    assert kinds(report) == {Deferred: 10_000}
    assert len(portal.calls) <= WORKERS


def test_after_an_outage_the_backlog_drains_at_full_speed() -> None:
    portal = InProcessPortal()

    report = dispatch(notices(10_000, receives=150), portal, workers=WORKERS)

    assert kinds(report) == {Accepted: 10_000}
    assert portal.sizes[:7] == [1, 2, 4, 8, 16, 32, 64]
    assert len(portal.calls) <= 100 + 7


def test_a_portal_that_asks_for_patience_is_not_called_again_before_that() -> None:
    portal, now = InProcessPortal(), [0.0]
    portal.break_down(**RATE_LIMITED, retry_after="60")
    dispatcher = new_dispatcher(portal, clock=lambda: now[0])

    first = dispatcher.dispatch([notice(1)], deadline())
    portal.fix()
    now[0] += 59
    second = dispatcher.dispatch([notice(2)], deadline())
    now[0] += 1.1
    third = dispatcher.dispatch([notice(3)], deadline())

    assert first.outcomes[notice(1)] == Deferred(Reason.UNAVAILABLE, "429 API rate limit exceeded", 60)
    assert second.calls == 0
    assert second.outcomes[notice(2)] == Deferred(Reason.PAUSED, retry_after=1.0)
    assert kinds(third) == {Accepted: 1}


def test_a_portal_that_stays_silent_is_called_ever_less_often() -> None:
    portal, now = InProcessPortal(), [0.0]
    portal.break_down(**DOWN)
    dispatcher = new_dispatcher(portal, clock=lambda: now[0])
    calls: list[float] = []

    while now[0] < 3600:
        before = len(portal.calls)
        dispatcher.dispatch([notice(1, receives=9)], deadline())
        calls += [now[0]] * (len(portal.calls) - before)
        now[0] += 5

    assert calls[:7] == [0, 5, 20, 50, 110, 230, 470]
    assert {later - sooner for sooner, later in itertools.pairwise(calls)} <= {5, 15, 30, 60, 120, 240, 300}


def test_a_portal_that_works_again_is_not_left_alone_after_its_next_failure() -> None:
    portal, now = InProcessPortal(), [0.0]
    dispatcher = new_dispatcher(portal, clock=lambda: now[0])
    for down in (True, True, True, False, True):
        portal.break_down(down=down)
        now[0] += 1000
        dispatcher.dispatch([notice(1)], deadline())

    portal.fix()

    assert kinds(dispatcher.dispatch([notice(1)], deadline())) == {Accepted: 1}


def test_a_portal_that_turns_the_key_down_is_called_ever_less_often_too() -> None:
    portal, now = InProcessPortal(), [0.0]
    portal.break_down(reply=KEY_TURNED_DOWN)
    dispatcher = new_dispatcher(portal, clock=lambda: now[0])

    while now[0] < 3600:
        dispatcher.dispatch([notice(1)], deadline())
        now[0] += 10

    assert len(portal.calls) <= 18


@pytest.mark.parametrize(
    "answer", [too_many(), too_many("1"), UNAVAILABLE, replace(FAILED, headers={"Retry-After": "1"})]
)
def test_a_portal_that_asks_for_patience_midway_gets_it_at_once(answer: Answer) -> None:
    portal = InProcessPortal()
    portal.replies += [as_the_rules_say, as_the_rules_say, answer]

    report = dispatch(notices(100, receives=9), portal)

    assert portal.sizes == [1, 2, 4]
    assert kinds(report) == {Accepted: 3, Deferred: 97}


def test_a_rate_limit_without_a_time_stops_this_invocation_only() -> None:
    portal = InProcessPortal()
    portal.break_down(**RATE_LIMITED)
    dispatcher = new_dispatcher(portal, workers=1)

    assert dispatcher.dispatch(notices(1000), deadline()).calls == 1
    portal.fix()
    assert dispatcher.dispatch(notices(1000), deadline()).calls == 10


def test_a_notice_that_was_taken_but_not_answered_is_sent_again_and_told_once() -> None:
    portal = InProcessPortal()
    portal.break_down(cut=True)
    first = dispatch([notice(1)], portal)
    portal.fix()
    second = dispatch([notice(1, receives=2)], portal)

    assert kinds(first) == {Deferred: 1}
    assert kinds(second) == {Accepted: 1}
    assert portal.received("o-1", "u-1") == {"n-1": 1}


def test_after_a_rate_limit_notices_travel_in_full_batches_again() -> None:
    portal, hours = InProcessPortal(), itertools.count(step=3600)
    dispatcher = new_dispatcher(portal, workers=1, clock=lambda: next(hours))
    portal.break_down(**RATE_LIMITED)
    dispatcher.dispatch(notices(300, receives=9), deadline())
    portal.fix()

    dispatcher.dispatch(notices(300, receives=10), deadline())

    assert portal.sizes == [1, 100, 100, 100]


def test_a_fresh_notice_that_fails_does_not_slow_down_the_redelivered_ones_of_its_invocation() -> None:
    portal, hours = InProcessPortal(organisations=("o-1", "good")), itertools.count(step=3600)
    dispatcher = new_dispatcher(portal, workers=1, clock=lambda: next(hours))
    portal.break_down(**RATE_LIMITED)
    dispatcher.dispatch([notice("x")], deadline())
    portal.fix()
    portal.break_down(break_on={"poison"})

    given = [notice("good", org="good"), notice("poison"), *notices(300, org="good", receives=5)]
    report = dispatcher.dispatch(given, deadline())

    assert sorted(report.batch_sizes) == [1, 1, 100, 100, 100]


def test_after_a_rate_limit_that_lasts_there_is_one_probe() -> None:
    portal, hours = InProcessPortal(), itertools.count(step=3600)
    dispatcher = new_dispatcher(portal, clock=lambda: next(hours))
    portal.break_down(**RATE_LIMITED, delay=0.05)  # Long enough for other threads to call too.

    for receives in (9, 10, 11):
        dispatcher.dispatch(notices(1000, receives=receives), deadline())

    assert portal.sizes == [1, 100, 100]


def test_a_refused_key_defers_everything_with_one_call() -> None:
    portal = InProcessPortal(organisations=("a", "b"))
    portal.break_down(reply=KEY_TURNED_DOWN)

    report = dispatch([*notices(10_000, org="a"), *notices(10, org="b")], portal)

    assert kinds(report) == {Deferred: 10_010}
    assert len(portal.calls) == 1
    assert report.faults == {("", "1002"): 1}


@pytest.mark.parametrize("error", [PortalNotAllowedError("1003"), PortalUnavailableError("AnswerTimeout")])
def test_without_a_token_no_call_is_made_and_none_is_counted(error: ProduceError) -> None:
    class WithoutToken(InProcessPortal):
        def prepare(self, deadline: Deadline) -> None:
            raise error

    report = dispatch(notices(300), WithoutToken())

    assert report.calls == 0
    assert kinds(report) == {Deferred: 300}
    assert report.outages.total() + report.faults.total() == 1


def test_a_token_that_is_turned_down_costs_a_second_call_that_is_counted() -> None:
    portal = InProcessPortal()
    portal.replies.append(TOKEN_TURNED_DOWN)

    report = dispatch(notices(300), portal)

    assert kinds(report) == {Accepted: 300}
    assert report.calls == len(portal.calls) == 4
    assert not report.faults


def test_a_second_token_that_is_turned_down_is_a_configuration_fault() -> None:
    portal = InProcessPortal()
    portal.break_down(reply=TOKEN_TURNED_DOWN)

    report = dispatch(notices(300), portal)

    assert kinds(report) == {Deferred: 300}
    assert report.calls == len(portal.calls) == 2
    assert report.faults == {("", "401"): 1}


def test_an_organisation_without_the_application_does_not_stop_the_others() -> None:
    portal = InProcessPortal(organisations=("a", "b"))
    portal.break_down(reply=lambda request: FORBIDDEN if org_id(request) == "a" else None)

    report = dispatch([*notices(300, org="a"), *notices(300, org="b")], portal)

    assert {one.org_id: type(outcome) for one, outcome in report.outcomes.items()} == {
        "a": Deferred,
        "b": Accepted,
    }
    assert len(portal.batches("a")) == 1
    assert report.faults == {("a", "403"): 1}
