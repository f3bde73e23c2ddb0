"""Example messages, made by the very code that makes the real ones, from the sample inputs in events/."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from notice.outcomes import Accepted, Outcome, Rejected
from notice.queue.dead_letters import DeadLetter, dead_letter
from notice.queue.outcome_events import OutcomeEvent, outcome_events
from notice.queue.records import read_records
from relay.catalog import CATALOG, UNCLASSIFIED, kind_of, tag_of
from relay.events import Event
from relay.reading import Delivery, read

EVENTS = Path(__file__).parents[1] / "events"
_RECEIVED = 1_795_360_209.123
_REQUEST = "5f0a7f0e-3b0f-4a53-9a8f-0f4f3c2a9a11"
_RECORD, _ORG = "059f36b4-87a3-44ab-83d2-661975830a7d", "o15504745674071"
_MORE_SAMPLES = {"organization-attach-employee": "contacts-infos"}
_UNKNOWN = json.dumps(
    {
        "eventTag": "MOZI_VDS_TENANT_CHANGE|ORGANIZATION_MERGED",
        "dispatchId": "0e276c97-c3f9-44c2-88ab-335123991c45",
        "sourceMessageId": "C0A80A0B00002A9F000000000000000C",
        "content": {"tenantId": "50006001", "organizationCodes": ["GO_5b1f0c7a9d", "GO_7e2d4a1b3c"]},
    }
)
_UNREADABLE = "组织变更 GO_5b1f0c7a9d"
# A body that was cut while it was packed.
_NO_TEXT = bytes.fromhex("1f8b08000000000002ffab564a2c2acd2b51b2")
# In place of what is drawn at random for an event without a message id.
_DRAWN = "5f1d7a84c2b94e63a0d8e7719b3c5d20"


@dataclass(frozen=True)
class Example:
    """An event as its topic's subscribers get it."""

    attributes: dict[str, str]
    message: dict[str, Any]


def of_topic(slug: str) -> list[Example]:
    """Returns the examples of a topic, the most usual first."""
    if slug == UNCLASSIFIED:
        unknown = delivery_of(_UNKNOWN)
        unread = [_shown(_unnamed(body)) for body in (_UNREADABLE, _NO_TEXT)]
        return [_shown(_composed(unknown, unknown.event_tag)), *unread]
    names = [slug, *filter(None, [_MORE_SAMPLES.get(slug)])]
    return [_shown(_composed(sample_delivery(name), tag_of(slug))) for name in names]


def with_dataref() -> Example:
    """Returns an event as if its content were too large for SNS."""
    kind = CATALOG[0]
    delivery = sample_delivery(kind.slug)
    event = _composed(delivery, kind.event_tag)
    dataref = f"s3://mozi-relay-payloads/events/{event.id}"
    return _shown(event.enclosing(delivery.content, delivery.extensions, dataref))


def notice_messages() -> list[dict[str, Any]]:
    """Returns bodies for the notice queue."""
    return [json.loads(record["body"]) for record in _sample("notice-records")["Records"]]


def dead_letters() -> list[DeadLetter]:
    """Returns what becomes of what is broken in the sample records: a notice, and an unreadable record."""
    return [
        dead_letter(record, entry, entry.notice)
        for record in read_records(_sample("notice-records-with-a-bad-one"), _RECEIVED)
        for entry in record.places
        if isinstance(entry.notice, Rejected)
    ]


def outcomes() -> list[OutcomeEvent]:
    """Returns what a sender is told of a record, two of whose notices the portal takes."""
    told = [("leave-request-20261101-007", Accepted()), ("leave-request-20261101-008", Accepted())]
    refused = Rejected("400", "parameter.invalid: appName")
    given: list[tuple[str, Outcome]] = [*told, ("leave-request-20261101-009", refused)]
    return outcome_events(_RECORD, _ORG, given, _RECEIVED)


def sample_delivery(name: str, events: Path = EVENTS) -> Delivery:
    """Returns the delivery in the sample input of a callback."""
    return delivery_of(_sample(f"callback-{name}", events)["body"])


def delivery_of(body: str | bytes) -> Delivery:
    """Returns the delivery in a body. Raises TypeError if it is a handshake."""
    delivery = read(body, None)
    if not isinstance(delivery, Delivery):
        raise TypeError("a handshake is no event")
    return delivery


def _composed(delivery: Delivery, event_tag: str | None) -> Event:
    return delivery.event(kind_of(event_tag), _RECEIVED, _REQUEST)


def _unnamed(body: str | bytes) -> Event:
    delivery = delivery_of(body)
    event = _composed(delivery, None)
    drawn = replace(event, id=f"{_DRAWN}-{delivery.content.digest}")
    return drawn.enclosing(delivery.content, delivery.extensions)


def _shown(event: Event) -> Example:
    return Example(event.attributes(), json.loads(event.envelope))


def _sample(name: str, events: Path = EVENTS) -> Any:
    return json.loads((events / f"{name}.json").read_text("utf-8"))
