"""Days of a queue in a few seconds: outages, rate limits and poison notices."""

from collections import Counter
from typing import Any

import pytest

from sandbox.vendors.loopback import Answer, Request
from sandbox.vendors.portal_faults import HUNG_UP
from tests.support.days import DAY, HOUR, MINUTE, Simulation
from tests.support.in_process_portal import DOWN, FAILING, InProcessPortal, refusal, too_many
from tests.support.outbound import message


@pytest.mark.parametrize("fault", [DOWN, FAILING, {"reply": HUNG_UP}])
def test_three_days_of_outage_lose_nothing_and_cost_few_calls(fault: dict[str, Any]) -> None:
    """Calls an hour while down: a probe in five minutes."""
    portal = InProcessPortal()
    portal.break_down(**fault)
    days = Simulation(portal)
    for number in range(10):
        days.put(f"r-{number}", message(f"n-{number}-a"), message(f"n-{number}-b"))

    days.run(3 * DAY)

    assert len(days.queue) == 10
    assert days.dead == []
    assert not portal.content
    assert days.calls[0] <= 18
    assert max(calls for hour, calls in days.calls.items() if hour) <= 13

    portal.fix()
    before = len(portal.calls)
    days.run(HOUR)

    assert not days.queue
    assert len(portal.content) == 20
    assert days.dead == []
    assert len(portal.calls) - before <= 20


def test_an_outage_is_left_alone_although_new_notices_come_all_the_time() -> None:
    portal = InProcessPortal()
    portal.break_down(**DOWN)
    days = Simulation(portal)
    for minute in range(5 * 60):
        days.put(f"r-{minute}", message(f"n-{minute}"))
        days.run(MINUTE)

    assert days.calls[0] <= 18
    assert max(calls for hour, calls in days.calls.items() if hour) <= 13


def test_an_outage_longer_than_the_queue_ends_in_dead_letters_and_not_in_silence() -> None:
    portal = InProcessPortal()
    portal.break_down(**DOWN)
    days = Simulation(portal)
    days.put("r-1", message("n-1"), message("n-2"))

    days.run(13.9 * DAY)
    assert (len(days.queue), days.dead) == (1, [])

    days.run(2 * HOUR)
    assert sorted(days.dead) == ["n-1", "n-2"]
    assert days.now < 14 * DAY


@pytest.mark.parametrize("wait", [None, "60"])
def test_under_a_rate_limit_everything_gets_through_and_few_calls_are_refused(wait: str | None) -> None:
    portal = InProcessPortal()
    days = Simulation(portal)
    per_minute: Counter[float] = Counter()
    refused: Counter[int] = Counter()

    def limit(_: Request) -> Answer | None:
        per_minute[days.now] += 1
        if per_minute[days.now] <= 3:
            return None
        refused[int(days.now // HOUR)] += 1
        return too_many(wait)

    portal.break_down(reply=limit)
    for number in range(40):
        days.put(f"r-{number}", *(message(f"n-{number}-{each}") for each in range(20)))

    days.run(6 * HOUR)

    assert not days.queue
    assert len(portal.content) == 800
    assert days.dead == []
    assert max(per_minute.values()) == 4  # The first refusal ends the invocation.
    assert refused.total() <= 40
    assert max(refused) <= 1


def test_one_record_with_a_poison_notice_is_over_within_hours() -> None:
    portal = InProcessPortal(fails_on={"n-42"})
    days = Simulation(portal)
    days.put("r-1", *(message(f"n-{number}") for number in range(100)))

    days.run(5 * MINUTE)
    assert len(portal.content) == 99

    days.run(12 * HOUR)
    assert days.dead == ["n-42"]
    assert not days.queue
    assert len(portal.content) == 99


def test_a_wrong_organisation_does_not_fill_the_dead_letter_queue() -> None:
    portal = InProcessPortal(refuses={f"n-{number}" for number in range(40)})
    days = Simulation(portal)
    for number in range(40):
        days.put(f"r-{number}", message(f"n-{number}"))

    days.run(DAY)

    assert days.dead == []
    assert len(days.queue) == 40

    portal.refuse(())
    days.run(2 * HOUR)
    assert len(portal.content) == 40


@pytest.mark.parametrize(("records", "each"), [(5, 1), (1, 5), (40, 1), (1, 100)])
def test_poison_notices_that_are_all_an_organisation_sends_end_rejected_after_about_a_day(
    records: int, each: int
) -> None:
    portal = InProcessPortal()
    portal.break_down(reply=refusal("parameter.invalid"))
    days = Simulation(portal)
    for number in range(records):
        days.put(f"r-{number}", *(message(f"n-{number}-{one}") for one in range(each)))

    days.run(DAY)
    assert (len(days.queue), days.dead) == (records, [])

    days.run(6 * HOUR)
    assert not days.queue
    assert len(set(days.dead)) == len(days.dead) == records * each
    assert days.reasons == {("400", "parameter.invalid"): records * each}
