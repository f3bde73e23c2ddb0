"""Days of the notice queue in seconds: the queue, its event source, the function, and time that passes."""

import random
from collections import Counter
from typing import Any

from notice.deadline import Deadline
from notice.dispatch.dispatcher import Dispatcher
from notice.portal.client import PortalClient
from notice.queue.dead_letters import DeadLetters
from notice.queue.records import QueuedNotice, read_records
from notice.queue.settlement import Settler
from notice.queue.visibility import VisibilityTimeouts
from sandbox.vendors.portal import Portal
from tests.support.outbound import NOW, event, record

MINUTE, HOUR, DAY = 60, 3600, 86_400


class Simulation[StandIn: Portal]:
    """The queue with its event source, the function, and time that passes a minute at a step.

    The way to a portal that is served is a `client` of it; one in process is called as it is.
    """

    def __init__(self, portal: StandIn, client: PortalClient | None = None) -> None:
        random.seed(0)  # The waits' jitter: these days are the same in every run.
        self.portal, self.now = portal, 0.0
        way: Any = client or portal
        self.dispatcher = Dispatcher(way, workers=1, clock=lambda: self.now)
        sqs: Any = self
        self.settler = Settler(DeadLetters("dead", lambda: sqs), VisibilityTimeouts("queue", lambda: sqs))
        self.queue: dict[str, dict[str, Any]] = {}
        self.visible: dict[str, float] = {}
        self.dead: list[str] = []
        self.reasons: Counter[tuple[str, str]] = Counter()
        """Dead letters by errorCode and errorMessage."""
        self.calls: Counter[int] = Counter()
        """Calls by the hour."""
        self.calls_each: list[int] = []
        """Calls of each invocation."""
        self.faults: Counter[tuple[str, str]] = Counter()
        """Faults of the configuration, by organisation and code."""
        self.outages: Counter[str] = Counter()

    def put(self, name: str, *messages: dict[str, Any], org: str = "o-1") -> None:
        sent_at = NOW + self.now
        self.queue[name] = record(*messages, org=org, name=name, receives=0, sent_at=sent_at, receipt=name)
        self.visible[name] = self.now

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            ready = [name for name in self.queue if self.visible[name] <= self.now]
            if ready:
                self._invoke(ready[:1000])
            self.now += MINUTE

    def most_calls(self, *, after: int) -> int:
        """The most calls of an invocation after the first ones."""
        return max(self.calls_each[after:])

    def _invoke(self, names: list[str]) -> None:
        for name in names:
            attributes = self.queue[name]["attributes"]
            attributes["ApproximateReceiveCount"] = str(int(attributes["ApproximateReceiveCount"]) + 1)
            self.visible[name] = self.now + 420
        records = list(read_records(event(*(self.queue[name] for name in names)), NOW))
        found = (place.notice for one in records for place in one.places)
        notices = [one for one in found if isinstance(one, QueuedNotice)]
        before = len(self.portal.calls)
        report = self.dispatcher.dispatch(notices, Deadline(self.now + 50, lambda: self.now))
        self.calls[int(self.now // HOUR)] += len(self.portal.calls) - before
        self.calls_each.append(len(self.portal.calls) - before)
        self.faults += report.faults
        self.outages += report.outages
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
