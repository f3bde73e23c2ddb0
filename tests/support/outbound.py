"""The outbound path as its tests see it: notices, records, and dispatching to the portal in process."""

import json
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any

from notice.deadline import Deadline
from notice.dispatch.dispatcher import Dispatcher
from notice.dispatch.ledger import Report
from notice.outcomes import Outcome
from notice.portal.client import PortalClient
from notice.portal.tokens import EnosCredentials
from notice.queue.dead_letters import DeadLetters
from notice.queue.outcome_events import OutcomeTopic
from notice.queue.records import QueuedNotice
from notice.queue.settlement import Settler
from notice.queue.visibility import VisibilityTimeouts
from relay.aws import TimeLimit
from relay.secrets import SecretReader
from relay.settings import Clock
from sandbox.vendors.portal import Portal
from tests.support.in_process_portal import InProcessPortal
from tests.support.stand_ins import KEY, PATH, SECRET

BATCH_LIMIT = 100
NOW = 1_700_000_000.0


def notice(name: int | str, *, org: str = "o-1", receives: int = 1, text: str = "") -> QueuedNotice:
    """A notice of user u-1; `text`, its header, makes it differ from its namesakes."""
    name = f"n-{name}" if isinstance(name, int) else name
    wire = json.dumps(message(name, header={"defaultValue": text or "标题"})).encode()
    return QueuedNotice(org, name, wire, receives)


def notices(count: int, *, org: str = "o-1", receives: int = 1) -> list[QueuedNotice]:
    return [notice(number, org=org, receives=receives) for number in range(count)]


def portal_client(portal: Portal, *, clock: Clock = time.time, **options: Any) -> PortalClient:
    """The function's own client of a stand-in that is served."""

    class Secrets:
        def get_secret_value(self, **_: object) -> dict[str, str]:
            return {"SecretString": json.dumps({"appKey": KEY, "appSecret": SECRET})}

    secrets: Any = Secrets()
    credentials = SecretReader("arn", EnosCredentials, lambda: secrets, clock=clock)
    return PortalClient(portal.url, PATH, credentials, clock=clock, **options)


def deadline(seconds: float = 50.0) -> Deadline:
    return Deadline.after(seconds, time.time)


def new_dispatcher(portal: InProcessPortal, *, clock: Clock = time.time, **options: Any) -> Dispatcher:
    """A container of its own."""
    return Dispatcher(portal, clock=clock, **options)


def dispatch(given: Iterable[QueuedNotice], portal: InProcessPortal, **options: Any) -> Report:
    """One invocation in a container of its own, one thread for calls in a known order."""
    options = {"workers": 1} | options
    return new_dispatcher(portal, **options).dispatch(given, deadline())


class TopicStub:
    """The topic of outcomes as an SNS client shows it, in memory. Down, it raises what `down` is."""

    def __init__(self, down: Exception | None = None) -> None:
        self.down = down
        self.events: list[dict[str, Any]] = []
        """Each CloudEvent that it took."""

    def publish_batch(self, **given: Any) -> dict[str, Any]:
        if self.down:
            raise self.down
        self.events += [json.loads(one["Message"]) for one in given["PublishBatchRequestEntries"]]
        return {}

    def told(self) -> list[tuple[str, str]]:
        """Outcome and messageId of all that was told, in its order."""
        found = [one["data"] for one in self.events]
        return [(one["outcome"], notice["messageId"]) for one in found for notice in one["notices"]]


def settler(
    sqs: Any,
    sns: Any,
    *,
    queue: str = "queue",
    dead: str = "dead",
    topic: str = "topic",
    limit: TimeLimit | None = None,
) -> Settler:
    """Settles records with these two clients."""

    def client() -> Any:
        return sqs() if callable(sqs) else sqs

    outcomes = OutcomeTopic(topic, queue, sns=lambda: sns, queue=client, limit=limit or TimeLimit())
    return Settler(outcomes, DeadLetters(dead, client), VisibilityTimeouts(queue, client))


def kinds(report: Report) -> Counter[type[Outcome]]:
    return Counter(type(outcome) for outcome in report.outcomes.values())


def names_of(report: Report, kind: type[Outcome]) -> set[str]:
    return {one.message_id for one, outcome in report.outcomes.items() if isinstance(outcome, kind)}


def record(
    *messages: Any,
    org: str = "o-1",
    name: str = "r-1",
    receives: int = 1,
    sent_at: float = NOW,
    body: str | None = None,
    receipt: str = "receipt",
    attributes: dict[str, dict[str, str]] | None = None,
) -> dict[str, Any]:
    """A record as Lambda gets it from SQS, with message attributes of the sender's."""
    return {
        "messageAttributes": attributes or {},
        "messageId": name,
        "receiptHandle": receipt,
        "body": json.dumps({"orgId": org, "messages": messages}) if body is None else body,
        "attributes": {
            "ApproximateReceiveCount": str(receives),
            "SentTimestamp": str(int(sent_at * 1000)),
        },
        "eventSource": "aws:sqs",
    }


def event(*records: dict[str, Any]) -> dict[str, Any]:
    return {"Records": [dict(each) for each in records]}


def message(name: str = "n-1", /, **more: Any) -> dict[str, Any]:
    """A notice to create, as an application sends it."""
    return {
        "messageId": name,
        "messageType": 1,
        "appId": "app",
        "targetType": 1,
        "targets": ["u-1"],
        "header": "标题",
    } | more
