"""An organisation whose every notice is refused alike is held in quarantine, and not for ever."""

from dataclasses import replace

import pytest

from notice.dispatch.dispatcher import WORKERS
from notice.dispatch.quarantine import OVERDUE_RECEIVES
from notice.outcomes import Accepted, Deferred, Outcome, Rejected
from sandbox.vendors.loopback import Answer, Request
from sandbox.vendors.portal import message_ids, org_id
from tests.support.days import HOUR, Simulation
from tests.support.in_process_portal import FORBIDDEN, RATE_LIMITED, InProcessPortal, refusal
from tests.support.outbound import deadline, dispatch, kinds, message, new_dispatcher, notice, notices

NO_SUCH_ORGANISATION = refusal("no such orgId")


@pytest.mark.parametrize("count", [1, 3, 4])
def test_a_few_poison_notices_are_rejected_though_nothing_else_was_there(count: int) -> None:
    report = dispatch(notices(count), InProcessPortal(refuses={f"n-{number}" for number in range(count)}))

    assert kinds(report) == {Rejected: count}
    assert not report.faults


def test_what_was_accepted_before_the_refusals_does_not_end_a_quarantine() -> None:
    portal = InProcessPortal(refuses={f"bad-{number}" for number in range(9)})
    dispatcher = new_dispatcher(portal, workers=1)
    dispatcher.dispatch([*notices(100), *(notice(f"bad-{number}") for number in range(6))], deadline())

    report = dispatcher.dispatch([notice(f"bad-{number}") for number in range(6, 9)], deadline())

    assert kinds(report) == {Deferred: 3}
    assert report.calls == 1
    assert report.faults.total() == 1


@pytest.mark.parametrize("count", [100, 10_000])
def test_when_everything_of_an_organisation_is_refused_alike_nothing_is_rejected(count: int) -> None:
    portal = InProcessPortal()
    portal.break_down(reply=NO_SUCH_ORGANISATION)

    report = dispatch(notices(count), portal, workers=WORKERS)

    assert kinds(report) == {Deferred: count}
    assert report.faults["o-1", "400"] >= 1
    assert report.calls <= 25 * WORKERS


@pytest.mark.parametrize("count", range(5, 101, 5))
def test_an_organisation_whose_every_notice_is_refused_is_in_quarantine_within_25_calls(count: int) -> None:
    portal = InProcessPortal()
    portal.break_down(reply=NO_SUCH_ORGANISATION)

    report = dispatch(notices(count), portal)

    assert kinds(report) == {Deferred: count}
    assert report.calls <= 25


def test_ten_thousand_notices_under_a_wrong_organisation_lose_none_on_the_first_day() -> None:
    portal, now = InProcessPortal(), [0.0]
    portal.break_down(reply=NO_SUCH_ORGANISATION)
    dispatcher = new_dispatcher(portal, clock=lambda: now[0])
    given = notices(10_000)

    for receives in (*range(1, 8), 30, OVERDUE_RECEIVES - 1):
        report = dispatcher.dispatch([replace(one, receives=receives) for one in given], deadline())
        now[0] += 1800

        assert kinds(report) == {Deferred: 10_000}
        assert report.faults["o-1", "400"] == 1


def test_a_wrong_organisation_that_is_made_right_gets_everything_through() -> None:
    portal = InProcessPortal()
    portal.break_down(reply=NO_SUCH_ORGANISATION)
    dispatcher = new_dispatcher(portal)
    dispatcher.dispatch(notices(10_000, receives=OVERDUE_RECEIVES - 1), deadline())
    portal.fix()

    report = dispatcher.dispatch(notices(10_000, receives=OVERDUE_RECEIVES), deadline())

    assert kinds(report) == {Accepted: 10_000}


@pytest.mark.parametrize("asked_for_patience", [False, True])
def test_what_is_overdue_is_rejected_for_its_own_reason_in_quarantine_or_not(
    asked_for_patience: bool,
) -> None:
    portal, now = InProcessPortal(), [0.0]
    dispatcher = new_dispatcher(portal, clock=lambda: now[0])
    if asked_for_patience:  # After that, redelivered notices travel in full batches.
        portal.break_down(**RATE_LIMITED)
        dispatcher.dispatch([notice("first", receives=9)], deadline())
        now[0] += 3600
        portal.fix()
    portal.refuse(f"n-{number}" for number in range(120))
    young = [notice(number, receives=OVERDUE_RECEIVES - 1) for number in range(20)]
    old = [notice(number, receives=OVERDUE_RECEIVES) for number in range(20, 120)]

    report = dispatcher.dispatch([*young, *old], deadline())

    assert {type(report.outcomes[one]) for one in young} == {Deferred}
    assert {report.outcomes[one] for one in old} == {
        Rejected("400", f"parameter.invalid: {one.message_id}: refused") for one in old
    }
    assert report.faults == {("o-1", "400"): 1}


def test_an_organisation_that_is_not_allowed_is_not_asked_about_what_is_overdue() -> None:
    portal = InProcessPortal()
    portal.break_down(reply=FORBIDDEN)

    report = dispatch(notices(10, receives=OVERDUE_RECEIVES), portal)

    assert (kinds(report), report.calls) == ({Deferred: 10}, 1)


def test_another_organisation_does_not_suffer_from_one_that_refuses_everything() -> None:
    portal = InProcessPortal(organisations=("wrong", "right"))
    portal.break_down(reply=lambda request: NO_SUCH_ORGANISATION if org_id(request) == "wrong" else None)

    report = dispatch([*notices(300, org="wrong"), *notices(300, org="right")], portal)

    by_org = {one.org_id: type(outcome) for one, outcome in report.outcomes.items()}
    assert by_org == {"wrong": Deferred, "right": Accepted}


def test_an_organisation_in_quarantine_loses_nothing_when_its_notices_come_back_one_by_one() -> None:
    portal = InProcessPortal()
    portal.break_down(reply=NO_SUCH_ORGANISATION)
    dispatcher = new_dispatcher(portal)
    dispatcher.dispatch(notices(100), deadline())

    reports = [dispatcher.dispatch([notice(number, receives=2)], deadline()) for number in range(20)]

    assert all(kinds(report) == {Deferred: 1} for report in reports)
    assert all(report.calls == 1 for report in reports)


def test_a_quarantine_ends_once_something_is_accepted() -> None:
    portal = InProcessPortal()
    portal.break_down(reply=NO_SUCH_ORGANISATION)
    dispatcher = new_dispatcher(portal)
    dispatcher.dispatch(notices(100), deadline())
    portal.fix()
    portal.refuse({"n-7"})

    dispatcher.dispatch([notice(1, receives=2)], deadline())
    report = dispatcher.dispatch([notice(7, receives=2)], deadline())

    assert kinds(report) == {Rejected: 1}


def test_a_refusal_is_believed_when_something_of_the_organisation_was_accepted_beside_it() -> None:
    """Here after the quarantine has begun: what is overdue is still sent, and is accepted."""
    portal = InProcessPortal(refuses={f"n-{number}" for number in range(5)})

    report = dispatch([*notices(5), notice("old", receives=OVERDUE_RECEIVES)], portal)

    assert kinds(report) == {Rejected: 5, Accepted: 1}


@pytest.mark.parametrize(("seconds", "end"), [(3599, Rejected), (3600, Deferred)])
def test_a_refusal_of_what_came_back_is_believed_for_an_hour_after_an_acceptance(
    seconds: float, end: type[Outcome]
) -> None:
    portal, now = InProcessPortal(refuses={"n-2"}), [0.0]
    dispatcher = new_dispatcher(portal, clock=lambda: now[0])
    dispatcher.dispatch([notice(1)], deadline())
    now[0] += seconds

    assert kinds(dispatcher.dispatch([notice(2, receives=5)], deadline())) == {end: 1}


def test_a_quarantine_passes_with_time() -> None:
    portal, now = InProcessPortal(refuses={f"n-{number}" for number in range(100)}), [0.0]
    dispatcher = new_dispatcher(portal, clock=lambda: now[0])
    dispatcher.dispatch(notices(100), deadline())

    now[0] += 3601

    assert kinds(dispatcher.dispatch([notice(7)], deadline())) == {Rejected: 1}


def test_many_notices_refused_for_different_reasons_are_rejected_each_for_its_own() -> None:
    portal, codes = InProcessPortal(), {f"n-{number}": (400, 415, 432)[number % 3] for number in range(20)}

    def refuse_for_the_first(request: Request) -> Answer:
        first = message_ids(request)[0]
        return refusal(f"parameter.invalid: {first}", codes[first])

    portal.break_down(reply=refuse_for_the_first)

    report = dispatch(notices(20), portal)

    assert kinds(report) == {Rejected: 20}
    assert report.outcomes[notice(4)] == Rejected("415", "parameter.invalid: n-4")


@pytest.mark.parametrize("code", [400, 413, 430, 432])
def test_a_portal_that_refuses_or_finds_too_large_whatever_comes_costs_no_notice(code: int) -> None:
    organisations = ("a", "b", "c")
    portal = InProcessPortal(organisations=organisations)
    portal.break_down(code=code)
    days = Simulation(portal)
    for org in organisations:
        for number in range(100):
            days.put(f"{org}-{number}", message(f"n-{number}"), org=org)

    days.run(12 * HOUR)

    assert days.dead == []
    assert len(days.queue) == 300

    portal.fix()
    days.run(2 * HOUR)
    assert (days.queue, days.dead) == ({}, [])
