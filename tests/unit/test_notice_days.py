"""Days of a queue in a few seconds: outages, rate limits and a notice that breaks the portal."""

from collections import Counter
from typing import Any

import pytest

from notice.answers import ProduceRefused, ProduceUnavailable
from notice.dead_letters import DeadLetters
from notice.deadline import Deadline
from notice.dispatch import Dispatcher
from notice.records import Notice, read_records
from notice.settlement import Settler
from notice.visibility import VisibilityTimeouts
from tests.outbound import BROKEN, DOWN, NOW, FakePortal, event, message, record

MINUTE, HOUR, DAY = 60, 3600, 86_400


class Simulation:
    """The queue with its event source, the function, and time that passes a minute at a step."""

    def __init__(self, portal: FakePortal) -> None:
        self.portal, self.now = portal, 0.0
        self.dispatcher = Dispatcher(portal, workers=1, clock=lambda: self.now)
        sqs: Any = self
        self.settler = Settler(DeadLetters("dead", lambda: sqs), VisibilityTimeouts("queue", lambda: sqs))
        self.queue: dict[str, dict[str, Any]] = {}
        self.visible: dict[str, float] = {}
        self.dead: list[str] = []
        self.reasons: Counter[tuple[str, str]] = Counter()
        """Dead letters by errorCode and errorMessage."""
        self.calls: Counter[int] = Counter()
        """Calls by the hour."""

    def put(self, name: str, *messages: dict[str, Any]) -> None:
        sent_at = NOW + self.now
        self.queue[name] = record(*messages, name=name, receives=0, sent_at=sent_at, receipt=name)
        self.visible[name] = self.now

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end and self.queue:
            ready = [name for name in self.queue if self.visible[name] <= self.now]
            if ready:
                self._invoke(ready[:1000])
            self.now += MINUTE

    def _invoke(self, names: list[str]) -> None:
        for name in names:
            attributes = self.queue[name]["attributes"]
            attributes["ApproximateReceiveCount"] = str(int(attributes["ApproximateReceiveCount"]) + 1)
            self.visible[name] = self.now + 420
        records = read_records(event(*(self.queue[name] for name in names)), NOW)
        notices = [one.notice for each in records for one in each.entries if isinstance(one.notice, Notice)]
        before = len(self.portal.calls)
        report = self.dispatcher.dispatch(notices, Deadline(self.now + 50, lambda: self.now))
        self.calls[int(self.now // HOUR)] += len(self.portal.calls) - before
        end = Deadline(self.now + 9, lambda: self.now)
        settlement = self.settler.settle(records, report.outcomes, NOW + self.now, end)
        for name in set(names) - set(settlement.returned):
            del self.queue[name]

    def send_message_batch(self, QueueUrl: str, Entries: list[Any]) -> dict[str, Any]:  # noqa: N803
        for each in Entries:
            said = {name: value["StringValue"] for name, value in each["MessageAttributes"].items()}
            self.dead.append(said["messageId"])
            self.reasons[said["errorCode"], said.get("errorMessage", "")] += 1
        return {}

    def change_message_visibility_batch(self, QueueUrl: str, Entries: list[Any]) -> dict[str, Any]:  # noqa: N803
        for each in Entries:
            self.visible[each["ReceiptHandle"]] = self.now + each["VisibilityTimeout"]
        return {}


@pytest.mark.parametrize("error", [DOWN, BROKEN])
def test_three_days_of_outage_lose_nothing_and_cost_few_calls(error: ProduceUnavailable) -> None:
    portal = FakePortal()
    portal.error = error
    days = Simulation(portal)
    for number in range(10):
        days.put(f"r-{number}", message(f"n-{number}-a"), message(f"n-{number}-b"))

    days.run(3 * DAY)

    assert len(days.queue) == 10
    assert days.dead == []
    assert not portal.content
    settled = [calls for hour, calls in days.calls.items() if hour >= 3]
    assert max(settled) <= 13  # A probe in five minutes.

    portal.error, before = None, len(portal.calls)
    days.run(HOUR)

    assert not days.queue
    assert len(portal.content) == 20
    assert days.dead == []
    assert len(portal.calls) - before <= 20


def test_an_outage_longer_than_the_queue_ends_in_dead_letters_and_not_in_silence() -> None:
    portal = FakePortal()
    portal.error = DOWN
    days = Simulation(portal)
    days.put("r-1", message("n-1"), message("n-2"))

    days.run(13.9 * DAY)
    assert (len(days.queue), days.dead) == (1, [])

    days.run(3 * HOUR)
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
            raise ProduceUnavailable("429", retry_after=wait)

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
    portal.error = ProduceRefused("400", "parameter.invalid")
    days = Simulation(portal)
    for number in range(records):
        days.put(f"r-{number}", *(message(f"n-{number}-{one}") for one in range(each)))

    days.run(DAY)
    assert (len(days.queue), days.dead) == (records, [])

    days.run(6 * HOUR)
    assert not days.queue
    assert len(set(days.dead)) == len(days.dead) == records * each
    assert days.reasons == {("400", "parameter.invalid"): records * each}
