"""Days of a queue in a few seconds: outages, rate limits and a notice that breaks the portal."""

from collections import Counter

import pytest

from notice.portal.errors import PortalUnavailableError, ProduceRefusedError
from tests.support.days import DAY, HOUR, MINUTE, Simulation
from tests.support.outbound import BROKEN, DOWN, FakePortal, message


@pytest.mark.parametrize(("error", "at_first", "later"), [(DOWN, 18, 13), (BROKEN, 36, 26)])
def test_three_days_of_outage_lose_nothing_and_cost_few_calls(
    error: PortalUnavailableError, at_first: int, later: int
) -> None:
    """Calls an hour while down: a probe in five minutes, of two calls if the portal answers 500."""
    portal = FakePortal()
    portal.error = error
    days = Simulation(portal)
    for number in range(10):
        days.put(f"r-{number}", message(f"n-{number}-a"), message(f"n-{number}-b"))

    days.run(3 * DAY)

    assert len(days.queue) == 10
    assert days.dead == []
    assert not portal.content
    assert days.calls[0] <= at_first
    assert max(calls for hour, calls in days.calls.items() if hour) <= later

    portal.error, before = None, len(portal.calls)
    days.run(HOUR)

    assert not days.queue
    assert len(portal.content) == 20
    assert days.dead == []
    assert len(portal.calls) - before <= 20


def test_an_outage_is_left_alone_although_new_notices_come_all_the_time() -> None:
    portal = FakePortal()
    portal.error = DOWN
    days = Simulation(portal)
    for minute in range(5 * 60):
        days.put(f"r-{minute}", message(f"n-{minute}"))
        days.run(MINUTE)

    assert days.calls[0] <= 18
    assert max(calls for hour, calls in days.calls.items() if hour) <= 13


def test_an_outage_longer_than_the_queue_ends_in_dead_letters_and_not_in_silence() -> None:
    portal = FakePortal()
    portal.error = DOWN
    days = Simulation(portal)
    days.put("r-1", message("n-1"), message("n-2"))

    days.run(13.9 * DAY)
    assert (len(days.queue), days.dead) == (1, [])

    days.run(2 * HOUR)
    assert sorted(days.dead) == ["n-1", "n-2"]
    assert days.now < 14 * DAY


@pytest.mark.parametrize("wait", [None, 60.0])
def test_under_a_rate_limit_everything_gets_through_and_few_calls_are_refused(wait: float | None) -> None:
    portal = FakePortal()
    days = Simulation(portal)
    per_minute: Counter[float] = Counter()
    refused: Counter[int] = Counter()

    def limit(_org: str, _names: list[str]) -> None:
        per_minute[days.now] += 1
        if per_minute[days.now] > 3:
            refused[int(days.now // HOUR)] += 1
            raise PortalUnavailableError("429", retry_after=wait)

    portal.meddle = limit
    for number in range(40):
        days.put(f"r-{number}", *(message(f"n-{number}-{each}") for each in range(20)))

    days.run(6 * HOUR)

    assert not days.queue
    assert len(portal.content) == 800
    assert days.dead == []
    assert max(per_minute.values()) == 4  # The first refusal ends the invocation.
    assert refused.total() <= 40
    assert max(refused) <= 1


def test_one_record_with_a_notice_that_breaks_the_portal_is_over_within_hours() -> None:
    portal = FakePortal(breaking={"n-42"})
    days = Simulation(portal)
    days.put("r-1", *(message(f"n-{number}") for number in range(100)))

    days.run(5 * MINUTE)
    assert len(portal.content) == 99

    days.run(12 * HOUR)
    assert days.dead == ["n-42"]
    assert not days.queue
    assert len(portal.content) == 99


def test_a_wrong_organisation_does_not_fill_the_dead_letter_queue() -> None:
    portal = FakePortal(bad={f"n-{number}" for number in range(40)})
    days = Simulation(portal)
    for number in range(40):
        days.put(f"r-{number}", message(f"n-{number}"))

    days.run(DAY)

    assert days.dead == []
    assert len(days.queue) == 40

    portal.bad = set()
    days.run(2 * HOUR)
    assert len(portal.content) == 40


@pytest.mark.parametrize(("records", "each"), [(5, 1), (1, 5), (40, 1), (1, 100)])
def test_bad_notices_that_are_all_an_organisation_sends_end_rejected_after_about_a_day(
    records: int, each: int
) -> None:
    portal = FakePortal()
    portal.error = ProduceRefusedError("400", "parameter.invalid")
    days = Simulation(portal)
    for number in range(records):
        days.put(f"r-{number}", *(message(f"n-{number}-{one}") for one in range(each)))

    days.run(DAY)
    assert (len(days.queue), days.dead) == (records, [])

    days.run(6 * HOUR)
    assert not days.queue
    assert len(set(days.dead)) == len(days.dead) == records * each
    assert days.reasons == {("400", "parameter.invalid"): records * each}
