"""What a sender is told: one event a record and outcome, on a topic, or for later on the notice queue."""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from notice.deadline import Deadline
from notice.outcomes import CODE_LENGTH, MESSAGE_LENGTH, Accepted, Outcome, Rejected
from notice.queue.batch_calls import call_in_batches
from relay import sqs
from relay.aws import TimeLimit
from relay.notices.record import OUTCOME, InvalidRecordError, read_not_after, read_org_id

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

TYPE, SOURCE = "notice.outcome.v1", "urn:mozi:relay"
SPEC_VERSION, DATA_TYPE = "1.0", "application/json"
EVENT_BYTES = 262_144
"""What SNS takes of a message with its attributes. A record of the queue around the message is no larger."""
PUBLISH_SECONDS = 5.0
"""For publishing: one call that hangs. What the topic has not taken by then is published later."""
PUT_OFF_SECONDS = 30

# What a person or a program that writes JSON puts before a first member is shorter.
_NEAR = 64
_NAMES: Final[dict[str, type[Accepted | Rejected]]] = {"accepted": Accepted, "rejected": Rejected}


class OutcomeEvent(NamedTuple):
    """A CloudEvent about the notices of one record that had this outcome.

    `text` is its JSON, `attributes` those of the SNS message, and `size` what SNS counts of both, in bytes.
    """

    text: str
    attributes: dict[str, str]
    size: int


def outcome_events(
    record_id: str, org_id: str, outcomes: Iterable[tuple[str, Outcome]], now: float
) -> list[OutcomeEvent]:
    """Returns the event of each outcome that is among those of a record's notices, given by messageId.

    The portal's messages are cut to what SNS takes; notices are left out only when their ids do not fit.
    """
    given = list(outcomes)
    found = {
        name: [(message_id, one) for message_id, one in given if isinstance(one, kind)]
        for name, kind in _NAMES.items()
    }
    return [_event(record_id, org_id, name, told, now) for name, told in found.items() if told]


def _event(
    record_id: str, org_id: str, outcome: str, told: Sequence[tuple[str, Outcome]], now: float
) -> OutcomeEvent:
    attributes = {"orgId": org_id, OUTCOME: outcome}
    head = {
        "specversion": SPEC_VERSION,
        "id": sha256(f"{record_id}\0{outcome}".encode(errors="surrogatepass")).hexdigest()[:32],
        "source": SOURCE,
        "type": TYPE,
        "time": _moment(now),
        "datacontenttype": DATA_TYPE,
        "data": {**attributes, "notices": []},
    }
    beside = _attribute_bytes(attributes)
    text = _fitting(head, told, EVENT_BYTES - beside)
    return OutcomeEvent(text, attributes, len(text.encode()) + beside)


def read_outcome_event(body: str) -> OutcomeEvent | None:
    """Returns the event in a record that was put off; None if it is a record of anything else."""
    if not body[:_NEAR].lstrip("{ \t\r\n").startswith(f'"{OUTCOME}"'):
        return None
    try:
        (event,) = json.loads(body).values()
        if not _is_ours(event):
            return None
        data, text = event["data"], _json(event)
        attributes = {"orgId": read_org_id(data["orgId"]), OUTCOME: data[OUTCOME]}
        size = len(text.encode()) + _attribute_bytes(attributes)
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError, InvalidRecordError):
        return None
    return OutcomeEvent(text, attributes, size) if size <= EVENT_BYTES else None


def _is_ours(event: dict[str, Any]) -> bool:
    """Whether it has all that our events have: whoever may send to the queue puts there what he likes.

    Raises what reading a member that is missing, or is of another kind, raises.
    """
    data, notices = event["data"], event["data"]["notices"]
    read_not_after(event["time"])
    said = (one.get(name, "") for one in notices for name in ("errorCode", "errorMessage"))
    return (
        (event["specversion"], event["source"], event["type"]) == (SPEC_VERSION, SOURCE, TYPE)
        and event["datacontenttype"] == DATA_TYPE
        and isinstance(event["id"], str)
        and event["id"] != ""
        and data[OUTCOME] in _NAMES
        and isinstance(notices, list)
        and all(isinstance(one, str) for one in chain((one["messageId"] for one in notices), said))
    )


class OutcomeTopic:
    """The topic of outcomes, and the queue that keeps for later what it does not take.

    Builds its clients at first use. `limit` is what that of SNS was made with.
    """

    def __init__(
        self,
        topic_arn: str,
        queue_url: str,
        *,
        sns: "Callable[[], SNSClient]",
        queue: "Callable[[], SQSClient]",
        limit: TimeLimit,
    ) -> None:
        self._topic_arn, self._queue_url = topic_arn, queue_url
        self._sns, self._sqs, self._limit = sns, queue, limit

    def publish(self, events: Sequence[OutcomeEvent], deadline: Deadline) -> dict[int, str]:
        """Publish events. Returns AWS's codes, by position, for those that may not be on the topic.

        Takes no longer than a call that hangs, and begins none that `deadline` could cut off.
        """
        publish = self._sns().publish_batch

        def put(*, Entries: Sequence[Any]) -> Any:  # noqa: N803
            return publish(TopicArn=self._topic_arn, PublishBatchRequestEntries=Entries)

        soon = deadline.within(PUBLISH_SECONDS)
        self._limit.begin(soon.left())
        return call_in_batches(put, [_entry(one) for one in events], _requests(events), soon)

    def put_off(self, events: Sequence[OutcomeEvent], deadline: Deadline) -> dict[int, str]:
        """Put events on the notice queue, a record each. Returns AWS's codes as `publish` does."""
        put = partial(self._sqs().send_message_batch, QueueUrl=self._queue_url)
        entries = [
            {"MessageBody": f'{{"{OUTCOME}":{one.text}}}', "DelaySeconds": PUT_OFF_SECONDS} for one in events
        ]
        return call_in_batches(put, entries, _requests(events), deadline)


def _requests(events: Sequence[OutcomeEvent]) -> list[list[int]]:
    """The positions of the events of each request; SNS and SQS take as many, and as much."""
    sizes = [one.size for one in events]
    return list(sqs.in_requests(range(len(sizes)), sizes.__getitem__))


def _entry(event: OutcomeEvent) -> dict[str, Any]:
    given = event.attributes.items()
    attributes = {name: {"DataType": "String", "StringValue": value} for name, value in given}
    return {"Message": event.text, "MessageAttributes": attributes}


def _fitting(head: dict[str, Any], found: Sequence[tuple[str, Outcome]], room: int) -> str:
    """The event's JSON with as much of each message, then as many notices, as so many bytes hold."""
    notices, length = head["data"]["notices"], MESSAGE_LENGTH
    notices += [_notice(message_id, one, length) for message_id, one in found]
    while len((text := _json(head)).encode()) > room and length:
        length //= 2
        notices[:] = [_notice(message_id, one, length) for message_id, one in found]
    if len(text.encode()) <= room:
        return text
    every, notices[:] = list(notices), []
    left = room - len(_json(head).encode())
    for one in every:
        more = len(_json(one).encode()) + 1
        if more <= left:
            notices.append(one)
            left -= more
    return _json(head)


def _notice(message_id: str, one: Outcome, length: int) -> dict[str, str]:
    if not isinstance(one, Rejected):
        return {"messageId": message_id}
    said = {"errorCode": one.code[:CODE_LENGTH], "errorMessage": one.message[:length]}
    return {"messageId": message_id} | {name: text for name, text in said.items() if text}


def _json(value: object) -> str:
    return sqs.escaped(json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")))


def _moment(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _attribute_bytes(given: dict[str, str]) -> int:
    return sum(map(sqs.attribute_bytes, given, given.values()))
