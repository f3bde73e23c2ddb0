"""Days of the notice queue in seconds: the queue, its event source, the function, and time that passes."""

import json
import random
from collections import Counter
from itertools import count
from typing import Any

from notice.dispatch.dispatcher import Dispatcher
from notice.inquiry import Inquiry
from notice.outbound import Outbound
from notice.portal.client import PortalClient
from sandbox.vendors.portal import Portal
from tests.support.outbound import NOW, TopicStub, event, record, settler

MINUTE, HOUR, DAY = 60, 3600, 86_400


class Simulation[StandIn: Portal]:
    """The queue with its event source, the function, and time that passes a minute at a step.

    The way to a portal that is served is a `client` of it; one in process is called as it is.
    """

    def __init__(self, portal: StandIn, client: PortalClient | None = None) -> None:
        random.seed(0)  # The waits' jitter: these days are the same in every run.
        self.portal, self.now = portal, 0.0
        way: Any = client or portal
        self.topic = TopicStub()
        self.outbound = Outbound(
            Dispatcher(way, workers=1, clock=lambda: self.now),
            Inquiry(way, workers=1),
            settler(lambda: self, self.topic),
            clock=lambda: NOW + self.now,
            timer=lambda: self.now,
        )
        self.queue: dict[str, dict[str, Any]] = {}
        self.visible: dict[str, float] = {}
        self.dead: list[str] = []
        """The messageId of each dead letter; empty if it has none."""
        self.letters: list[Any] = []
        """The bodies of the dead letters."""
        self._names = count()
        self.reasons: Counter[tuple[str, str]] = Counter()
        """Dead letters by errorCode and errorMessage."""
        self.calls: Counter[int] = Counter()
        """Calls by the hour."""
        self.calls_each: list[int] = []
        """Calls of each invocation."""
        self.faults: Counter[tuple[str, str]] = Counter()
        """Faults of the configuration, by organisation and code."""
        self.outages: Counter[str] = Counter()

    def put(self, name: str, *messages: dict[str, Any], org: str = "o-1", **more: Any) -> None:
        self._put(name, json.dumps({"orgId": org, "messages": messages, **more}), self.now)

    def _put(self, name: str, body: str, visible: float) -> None:
        sent_at = NOW + self.now
        self.queue[name] = record(body=body, name=name, receives=0, sent_at=sent_at, receipt=name)
        self.visible[name] = visible

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
        before = len(self.portal.calls)
        report, settlement = self.outbound.deliver(event(*(self.queue[name] for name in names)), 64)
        self.calls[int(self.now // HOUR)] += len(self.portal.calls) - before
        self.calls_each.append(len(self.portal.calls) - before)
        self.faults += report.faults
        self.outages += report.outages
        for name in set(names) - set(settlement.returned):
            del self.queue[name]

    def send_message_batch(self, QueueUrl: str, Entries: list[Any]) -> dict[str, Any]:  # noqa: N803
        for each in Entries:
            if QueueUrl == "queue":
                name, visible = f"put-off-{next(self._names)}", self.now + each["DelaySeconds"]
                self._put(name, each["MessageBody"], visible)
                continue
            said = {name: value["StringValue"] for name, value in each["MessageAttributes"].items()}
            self.dead.append(said.get("messageId", ""))
            self.letters.append(json.loads(each["MessageBody"]))
            self.reasons[said["errorCode"], said.get("errorMessage", "")] += 1
        return {}

    def change_message_visibility_batch(self, QueueUrl: str, Entries: list[Any]) -> dict[str, Any]:  # noqa: N803
        for each in Entries:
            self.visible[each["ReceiptHandle"]] = self.now + each["VisibilityTimeout"]
        return {}
