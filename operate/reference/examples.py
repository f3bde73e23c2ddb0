"""Example messages, made by the very code that makes the real ones, from the sample inputs in events/."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from notice.outcomes import Rejected
from notice.queue.dead_letters import DeadLetter, dead_letter
from notice.queue.records import read_records
from relay import content
from relay.catalog import BY_SLUG, CATALOG, UNCLASSIFIED, kind_of
from relay.events import Event
from relay.reading import Delivery, read

_EVENTS = Path(__file__).parents[2] / "events"
_RECEIVED = 1_795_360_209.123
_REQUEST = "5f0a7f0e-3b0f-4a53-9a8f-0f4f3c2a9a11"
_SAMPLES: dict[type[content.ContentModel], str] = {
    content.ContactsChange: "contacts-change",
    content.AccountChange: "account-change",
    content.AppUpdate: "app-update",
    content.SendSuccess: "send-success",
    content.ClientAck: "client-ack",
    content.OutboundMessage: "outbound-message",
    content.DingFailure: "ding-failure",
}
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
# In place of what is drawn at random for an event without a message id.
_DRAWN = "5f1d7a84c2b94e63a0d8e7719b3c5d20"


@dataclass(frozen=True)
class Example:
    """An event as its topic's subscribers get it."""

    attributes: dict[str, str]
    message: dict[str, Any]


def of_topic(slug: str) -> list[Example]:
    """The examples of a topic, the most usual first."""
    if slug == UNCLASSIFIED:
        unknown = _delivery(_UNKNOWN)
        return [_shown(_composed(unknown, unknown.event_tag)), _shown(_unreadable())]
    bodies = [_body(slug)]
    if more := _MORE_SAMPLES.get(slug):
        bodies.append(_sample_body(more))
    tag = BY_SLUG[slug].event_tag
    return [_shown(_composed(_delivery(body), tag)) for body in bodies]


def with_dataref() -> Example:
    """An event as if its content were too large for SNS."""
    kind = CATALOG[0]
    delivery = _delivery(_body(kind.slug))
    event = _composed(delivery, kind.event_tag)
    dataref = f"s3://mozi-relay-payloads/events/{event.id}"
    return _shown(event.enclosing(delivery.content, delivery.extensions, dataref))


def notice_messages() -> list[dict[str, Any]]:
    """Bodies for the notice queue."""
    return [json.loads(record["body"]) for record in _sample("notice-records")["Records"]]


def dead_letters() -> list[DeadLetter]:
    """What becomes of what is broken in the sample records: a notice, and a record that cannot be read."""
    return [
        dead_letter(record, entry, entry.notice)
        for record in read_records(_sample("notice-records-with-a-bad-one"), _RECEIVED)
        for entry in record.places
        if isinstance(entry.notice, Rejected)
    ]


def _body(slug: str) -> str:
    """The sample of this kind's shape, its `tag` changed to this kind's if it has one."""
    kind = BY_SLUG[slug]
    body = json.loads(_sample_body(_SAMPLES[kind.content]))
    if "tag" in body["content"]:
        body["content"]["tag"] = kind.event_tag.partition("|")[2]
    return json.dumps(body, ensure_ascii=False)


def _sample_body(name: str) -> str:
    body: str = _sample(f"callback-{name}")["body"]
    return body


def _delivery(body: str) -> Delivery:
    delivery = read(body, None)
    if not isinstance(delivery, Delivery):
        raise TypeError("a handshake is no event")
    return delivery


def _composed(delivery: Delivery, event_tag: str | None) -> Event:
    return delivery.event(kind_of(event_tag), _RECEIVED, _REQUEST)


def _unreadable() -> Event:
    delivery = _delivery(_UNREADABLE)
    event = _composed(delivery, None)
    drawn = replace(event, id=f"{_DRAWN}-{delivery.content.digest}")
    return drawn.enclosing(delivery.content, delivery.extensions)


def _shown(event: Event) -> Example:
    return Example(event.attributes(), json.loads(event.envelope))


def _sample(name: str) -> Any:
    return json.loads((_EVENTS / f"{name}.json").read_text("utf-8"))
