"""Notices on which the portal breaks, day after day: nobody else suffers, and only they are rejected."""

import pytest

from notice.outcomes import Deferred
from notice.portal.errors import ProduceRefusedError
from tests.support.days import DAY, HOUR, MINUTE, Simulation
from tests.support.outbound import (
    BROKEN,
    FakePortal,
    deadline,
    kinds,
    message,
    new_dispatcher,
    notice,
    notices,
)


def a_breaker_a_minute(days: Simulation, hours: int, good: int, org: str) -> int:
    """Puts that and `good` others on the queue, minute by minute; how many good ones."""
    for minute in range(hours * 60):
        days.portal.breaking.add(f"bad-{minute}")
        days.put(f"bad-{minute}", message(f"bad-{minute}"), org=org)
        for number in range(good):
            days.put(f"good-{minute}-{number}", message(f"good-{minute}-{number}"))
        days.run(MINUTE)
    return hours * 60 * good


@pytest.mark.parametrize(("good", "org"), [(5, "o-1"), (20, "o-1"), (1, "another"), (20, "another")])
def test_a_supply_of_breaking_notices_does_not_stop_the_others(good: int, org: str) -> None:
    days = Simulation(FakePortal())

    sent = a_breaker_a_minute(days, 4, good, org)
    days.run(30 * MINUTE)

    assert len(days.portal.content) == sent
    assert set(days.dead) <= days.portal.breaking


def test_breaking_notices_of_an_organisation_that_is_heard_end_rejected() -> None:
    days = Simulation(FakePortal())

    a_breaker_a_minute(days, 2, 20, "o-1")
    for minute in range(6 * 60):
        days.put(f"later-{minute}", message(f"later-{minute}"))
        days.run(MINUTE)

    assert set(days.dead) == days.portal.breaking
    assert set(days.reasons) == {("500", "broken")}
    assert not days.queue


@pytest.mark.parametrize("count", [1, 3, 4, 5, 30])
def test_a_record_of_breaking_notices_ends_in_healthy_company(count: int) -> None:
    portal = FakePortal(breaking={f"bad-{number}" for number in range(count)})
    days = Simulation(portal)
    days.put("r-1", *(message(f"bad-{number}") for number in range(count)))

    for number in range(24 * 6):
        days.put(f"r-good-{number}", message(f"good-{number}"))
        days.run(10 * MINUTE)

    assert sorted(days.dead) == sorted(portal.breaking)
    assert len(portal.content) == 24 * 6
    assert not days.queue


@pytest.mark.parametrize("hours", [3, 12])
def test_an_outage_of_one_organisation_is_no_fault_of_its_notices(hours: int) -> None:
    portal = FakePortal()
    days = Simulation(portal)

    def break_on_one(org: str, _names: list[str]) -> None:
        portal.error = BROKEN if org == "hit" and days.now < hours * HOUR else None

    portal.meddle = break_on_one
    for number in range(200):
        days.put(f"hit-{number}", message(f"hit-{number}"), org="hit")
    for minute in range((hours + 2) * 60):
        days.put(f"good-{minute}", message(f"good-{minute}"))
        days.run(MINUTE)

    assert days.dead == []
    assert len(portal.content) == 200 + (hours + 2) * 60


def test_a_wrong_organisation_is_noticed_though_its_notices_come_one_by_one() -> None:
    portal = FakePortal()
    portal.error = ProduceRefusedError("400", "no such orgId")
    days = Simulation(portal)
    for minute in range(300):
        days.put(f"r-{minute}", message(f"n-{minute}"))
        days.run(MINUTE)

    assert days.dead == ["n-0", "n-1", "n-2", "n-3"]
    assert len(days.queue) == 296

    portal.error = None
    days.run(DAY)
    assert len(portal.content) == 296


def test_a_container_that_knows_nothing_rejects_no_notice_that_another_may_have_doubted() -> None:
    portal = FakePortal()
    portal.error = ProduceRefusedError("400", "no such orgId")

    for number in range(20):
        report = new_dispatcher(portal).dispatch([notice(number, receives=12)], deadline())

        assert kinds(report) == {Deferred: 1}


def test_a_portal_that_breaks_down_midway_is_not_asked_about_every_organisation() -> None:
    portal = FakePortal()
    given = [one for org in range(50) for one in notices(3, org=f"o-{org}", receives=3)]

    def break_down(_org: str, _names: list[str]) -> None:
        portal.error = BROKEN if len(portal.calls) > 1 else None

    portal.meddle = break_down

    new_dispatcher(portal, workers=1).dispatch(given, deadline())

    assert len(portal.calls) <= 10
