"""What a step of the demo has at hand, and how it says what should have come of it."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from sandbox.cloud.deploy import STACK, Stack
from sandbox.cloud.ministack import ROOT, SandboxError
from sandbox.demo.inputs import ORGANISATIONS
from sandbox.demo.stage import Stage
from sandbox.demo.subscribers import Envelope, Subscribers
from sandbox.vendors.callbacks import Delivery

POLL_SECONDS = 0.2
PROGRAM = Path(sys.executable).with_name("mozi-relay")
PROGRAM_SECONDS = 180
# Several notices in one SQS message: the local cloud hands a function at most 10 messages at once.
PER_RECORD = 25

Notices = Mapping[str, dict[str, Any]]


class Check(NamedTuple):
    """One number or fact: what it should be, and what the stand-ins, subscribers or queues saw."""

    what: str
    wanted: Any
    seen: Any

    @property
    def ok(self) -> bool:
        return bool(self.wanted == self.seen)

    def __str__(self) -> str:
        return f"{self.what}: {self.seen!r}" + ("" if self.ok else f", but should be {self.wanted!r}")


class OrganisationRow(NamedTuple):
    """The produce calls for an organisation, and what became of its notices."""

    org_id: str
    notices: int
    sizes: list[int]
    accepted: int
    rejected: dict[str, str]


@dataclass
class Scene:
    """Shared by the steps: what runs, who listens, and what a step adds to the final tables.

    `received` and `published` count by topic; `cut_off` are the deliveries that an outage of a topic hit;
    `remarks` are shown under the tables.
    """

    stage: Stage
    subscribers: Subscribers
    received: Counter[str] = field(default_factory=Counter)
    published: Counter[str] = field(default_factory=Counter)
    organisations: list[OrganisationRow] = field(default_factory=list)
    cut_off: list[Delivery] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


type Checks = Iterator[Check]


class Arrivals:
    """What the subscribers get from now on."""

    def __init__(self, subscribers: Subscribers) -> None:
        subscribers.collect()
        self._subscribers = subscribers
        self._before = {slug: len(envelopes) for slug, envelopes in subscribers.received.items()}

    def on(self, slug: str) -> list[Envelope]:
        return self._subscribers.received[slug][self._before[slug] :]

    def wait(self, wanted: int, seconds: float) -> int:
        """Collect until so many are here, and once more for what should not come; how many there are."""
        before = sum(self._before.values())
        await_count(lambda: self._subscribers.collect() - before, wanted, seconds)
        return self._subscribers.collect() - before


def await_count(count: Callable[[], int], wanted: int, seconds: float) -> int:
    """Look again until `count` is what is wanted or the time is up; the last count.

    The checks then say what is missing: a step that waits in vain does not end the demo.
    """
    deadline = time.monotonic() + seconds
    while (seen := count()) < wanted and time.monotonic() <= deadline:
        time.sleep(POLL_SECONDS)
    return seen


def operate(stack: Stack, command: str, *words: str, status: int = 0) -> Any:
    """What `mozi-relay` says about the stack, as JSON. Raises SandboxError unless it ends with `status`."""
    line: list[str | Path] = [PROGRAM, command, "--stack", STACK, "--json", *words]
    environ = os.environ | stack.cloud.environ
    done = subprocess.run(
        line, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=PROGRAM_SECONDS, check=False
    )
    if done.returncode != status:
        raise SandboxError(f"mozi-relay {command} ended with {done.returncode}: {done.stdout} {done.stderr}")
    return json.loads(done.stdout)


def kept_events(stack: Stack) -> list[Mapping[str, Mapping[str, str]]]:
    """The events that the table keeps.

    As the template's indexes have it: every event has a receivedAt, a pending one also a pendingShard.
    """
    scan = stack.cloud.client("dynamodb").get_paginator("scan")
    pages = scan.paginate(TableName=stack.outputs["EventTableName"])
    return [item for page in pages for item in page["Items"] if "receivedAt" in item]


def kept_and_pending(stack: Stack) -> tuple[int, int]:
    """How many events the table keeps, and how many of them are not marked published."""
    events = kept_events(stack)
    return len(events), sum("pendingShard" in event for event in events)


def put_on_queue(stack: Stack, sent: Mapping[str, Notices]) -> None:
    """Notices by organisation, several to a record."""
    bodies = [
        {"orgId": org_id, "messages": list(some.values())[start : start + PER_RECORD]}
        for org_id, some in sent.items()
        for start in range(0, len(some), PER_RECORD)
    ]
    texts = [json.dumps(body, ensure_ascii=False) for body in bodies]
    entries = [{"Id": str(number), "MessageBody": text} for number, text in enumerate(texts)]
    stack.cloud.client("sqs").send_message_batch(QueueUrl=stack.outputs["NoticeQueueUrl"], Entries=entries)


def depth(stack: Stack, output: str) -> int:
    """Messages in a queue, those being worked on included."""
    sqs, url = stack.cloud.client("sqs"), stack.outputs[output]
    described = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return sum(int(value) for name, value in described.items() if name.startswith("ApproximateNumberOf"))


def dead_letters(stack: Stack) -> list[dict[str, str]]:
    """Body and attributes of each dead letter, "" for what is missing; they stay in their queue."""
    found = stack.cloud.client("sqs").receive_message(
        QueueUrl=stack.outputs["NoticeDeadLetterQueueUrl"],
        MaxNumberOfMessages=10,
        MessageAttributeNames=["All"],
        VisibilityTimeout=0,
    )
    names = ("orgId", "messageId", "errorCode", "errorMessage")
    return [
        {name: one.get("MessageAttributes", {}).get(name, {}).get("StringValue", "") for name in names}
        | {"body": one["Body"]}
        for one in found.get("Messages", ())
    ]


def shown_once(scene: Scene, org_id: str, sent: Notices, *, but: Collection[str] = ()) -> Check:
    """Each user of the organisation has exactly the notices that name them, once each."""
    wrong = []
    for user in ORGANISATIONS[org_id]:
        due = {name: 1 for name, one in sent.items() if one["targetType"] == 0 or user in one["targets"]}
        due = {name: times for name, times in due.items() if name not in but}
        if dict(scene.stage.portal.received(org_id, user)) != due:
            wrong.append(user)
    return Check(f"{org_id}: users who did not get each of their notices exactly once", [], wrong)
