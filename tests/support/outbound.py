"""The outbound path as its tests see it: notices, records, a small portal that keeps the vendor's rules."""

import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from threading import Lock
from typing import Any

from notice.deadline import Deadline
from notice.dispatch.dispatcher import Dispatcher
from notice.dispatch.ledger import Report
from notice.outcomes import Outcome
from notice.portal.errors import PortalUnavailableError, ProduceFailedError, ProduceRefusedError
from notice.queue.records import QueuedNotice
from relay.settings import Clock

BATCH_LIMIT = 100
NOW = 1_700_000_000.0

DOWN = PortalUnavailableError("503", "down")
BROKEN = ProduceFailedError("500", "broken")
INVALID = ProduceRefusedError("400", "parameter.invalid")


def notice(name: int | str, *, org: str = "o-1", receives: int = 1, text: str = "") -> QueuedNotice:
    """A notice of user u-1; `text` makes it differ from its namesakes."""
    name = f"n-{name}" if isinstance(name, int) else name
    wire = json.dumps({"messageId": name, "targets": ["u-1"], "text": text}).encode()
    return QueuedNotice(org, name, wire, receives)


def notices(count: int, *, org: str = "o-1", receives: int = 1) -> list[QueuedNotice]:
    return [notice(number, org=org, receives=receives) for number in range(count)]


class FakePortal:
    """Takes batches all or nothing; keeps the first content of a messageId and tells each user once.

    `bad` are refused, `breaking` make it answer 500, `error` speaks for every call when set, and `meddle` is
    asked before each call (organisation, messageIds) and may raise.
    """

    def __init__(self, *, bad: Collection[str] = (), breaking: Collection[str] = ()) -> None:
        self.bad, self.breaking = set(bad), set(breaking)
        self.error: Exception | None = None
        self.meddle: Callable[[str, list[str]], object] = lambda org_id, names: None
        self.codes: dict[str, str] = {}
        self.calls: list[tuple[str, list[str]]] = []
        self.content: dict[tuple[str, str], Any] = {}
        self.told: Counter[tuple[str, str, str]] = Counter()
        self.came: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        """Every content that ever came under a messageId, taken or not, in order of its first call."""
        self._lock = Lock()

    @property
    def sizes(self) -> list[int]:
        return [len(names) for _, names in self.calls]

    def produce(self, org_id: str, notices: Sequence[bytes], deadline: Deadline) -> None:
        messages = [json.loads(one) for one in notices]
        names = [message["messageId"] for message in messages]
        with self._lock:
            self.calls.append((org_id, names))
            for message in messages:
                contents, content = self.came[org_id, message["messageId"]], json.dumps(message)
                contents += [content] if content not in contents else []
        assert 1 <= len(names) <= BATCH_LIMIT
        assert len(set(names)) == len(names)
        self.meddle(org_id, names)
        if self.error:
            raise self.error
        if self.breaking & set(names):
            raise BROKEN
        for name in names:
            if name in self.bad:
                raise ProduceRefusedError(self.codes.get(name, "400"), f"parameter.invalid {name}")
        self.take(org_id, messages)

    def take(self, org_id: str, messages: Iterable[dict[str, Any]]) -> None:
        with self._lock:
            for message in messages:
                self.content.setdefault((org_id, message["messageId"]), message)
                for user in message.get("targets", ()):
                    self.told[org_id, message["messageId"], user] = 1

    def has(self, one: QueuedNotice) -> bool:
        return (one.org_id, one.message_id) in self.content


def deadline(seconds: float = 50.0) -> Deadline:
    return Deadline.after(seconds, time.time)


def new_dispatcher(portal: FakePortal, *, clock: Clock = time.time, **options: Any) -> Dispatcher:
    """A container of its own."""
    return Dispatcher(portal, clock=clock, **options)


def dispatch(given: Iterable[QueuedNotice], portal: FakePortal, **options: Any) -> Report:
    """One invocation in a container of its own, one thread for calls in a known order."""
    options = {"workers": 1} | options
    return new_dispatcher(portal, **options).dispatch(given, deadline())


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
) -> dict[str, Any]:
    """A record as Lambda gets it from SQS."""
    return {
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
    return {"Records": list(records)}


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


def grouped(portal: FakePortal) -> dict[str, list[list[str]]]:
    """The portal's calls by organisation."""
    found: defaultdict[str, list[list[str]]] = defaultdict(list)
    for org_id, names in portal.calls:
        found[org_id].append(names)
    return found
