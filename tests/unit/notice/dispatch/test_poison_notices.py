"""Notices on which the portal fails, day after day: nobody else suffers, and only they are rejected."""

import pytest

from notice.outcomes import Deferred
from sandbox.vendors.loopback import Answer, Request
from sandbox.vendors.portal import org_id
from tests.support.days import DAY, HOUR, MINUTE, Simulation
from tests.support.in_process_portal import FAILED, FAILING, InProcessPortal, as_the_rules_say, refusal
from tests.support.outbound import deadline, kinds, message, new_dispatcher, notice, notices

NO_SUCH_ORGANISATION = refusal("no such orgId")


def one_poison_notice_a_minute(
    days: Simulation[InProcessPortal], hours: int, good: int, org: str
) -> set[str]:
    """Puts that and `good` others on the queue, minute by minute; the poison notices."""
    poison: set[str] = set()
    for minute in range(hours * 60):
        poison.add(f"poison-{minute}")
        days.portal.fail_on(poison)
        days.put(f"poison-{minute}", message(f"poison-{minute}"), org=org)
        for number in range(good):
            days.put(f"good-{minute}-{number}", message(f"good-{minute}-{number}"))
        days.run(MINUTE)
    return poison


@pytest.mark.parametrize(("good", "org"), [(5, "o-1"), (20, "o-1"), (1, "another"), (20, "another")])
def test_a_supply_of_poison_notices_does_not_stop_the_others(good: int, org: str) -> None:
    days = Simulation(InProcessPortal(organisations=("o-1", "another")))

    poison = one_poison_notice_a_minute(days, 4, good, org)
    days.run(30 * MINUTE)

    assert len(days.portal.content) == 4 * 60 * good
    assert set(days.dead) <= poison


def test_poison_notices_end_rejected_while_others_of_their_organisation_are_accepted() -> None:
    days = Simulation(InProcessPortal())

    poison = one_poison_notice_a_minute(days, 2, 20, "o-1")
    for minute in range(6 * 60):
        days.put(f"later-{minute}", message(f"later-{minute}"))
        days.run(MINUTE)

    assert set(days.dead) == poison
    assert set(days.reasons) == {("500", "internal error")}
    assert not days.queue


@pytest.mark.parametrize("count", [1, 3, 4, 5, 30])
def test_a_record_of_poison_notices_ends_when_others_are_accepted(count: int) -> None:
    poison = [f"poison-{number}" for number in range(count)]
    portal = InProcessPortal(fails_on=poison)
    days = Simulation(portal)
    days.put("r-1", *map(message, poison))

    for number in range(24 * 6):
        days.put(f"r-good-{number}", message(f"good-{number}"))
        days.run(10 * MINUTE)

    assert sorted(days.dead) == sorted(poison)
    assert len(portal.content) == 24 * 6
    assert not days.queue


@pytest.mark.parametrize("hours", [3, 12])
def test_an_outage_of_one_organisation_is_no_fault_of_its_notices(hours: int) -> None:
    portal = InProcessPortal(organisations=("o-1", "hit"))
    days = Simulation(portal)

    def fail_for_one(request: Request) -> Answer | None:
        return FAILED if org_id(request) == "hit" and days.now < hours * HOUR else None

    portal.break_down(reply=fail_for_one)
    for number in range(200):
        days.put(f"hit-{number}", message(f"hit-{number}"), org="hit")
    for minute in range((hours + 2) * 60):
        days.put(f"good-{minute}", message(f"good-{minute}"))
        days.run(MINUTE)

    assert days.dead == []
    assert len(portal.content) == 200 + (hours + 2) * 60


def test_a_wrong_organisation_is_noticed_though_its_notices_come_one_by_one() -> None:
    portal = InProcessPortal()
    portal.break_down(reply=NO_SUCH_ORGANISATION)
    days = Simulation(portal)
    for minute in range(300):
        days.put(f"r-{minute}", message(f"n-{minute}"))
        days.run(MINUTE)

    assert days.dead == ["n-0", "n-1", "n-2", "n-3"]
    assert len(days.queue) == 296

    portal.fix()
    days.run(DAY)
    assert len(portal.content) == 296


def test_a_container_that_knows_nothing_rejects_none_of_a_quarantine_that_another_may_know_of() -> None:
    portal = InProcessPortal()
    portal.break_down(reply=NO_SUCH_ORGANISATION)

    for number in range(20):
        report = new_dispatcher(portal).dispatch([notice(number, receives=12)], deadline())

        assert kinds(report) == {Deferred: 1}


def test_a_portal_that_fails_midway_is_not_asked_about_every_organisation() -> None:
    organisations = [f"o-{number}" for number in range(50)]
    portal = InProcessPortal(organisations=organisations)
    given = [one for org in organisations for one in notices(3, org=org, receives=3)]
    portal.replies.append(as_the_rules_say)
    portal.break_down(**FAILING)

    new_dispatcher(portal, workers=1).dispatch(given, deadline())

    assert len(portal.calls) <= 10
