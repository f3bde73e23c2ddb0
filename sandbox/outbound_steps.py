"""The demo's outbound step: 250 notices of two organisations, one of which the portal refuses."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.deploy import Stack
from sandbox.notices import notice
from sandbox.portal import BATCH_LIMIT, Call
from sandbox.stage import ORGANISATIONS
from sandbox.steps import Check, OrganisationRow, Progress, Scene, await_count

WAIT_SECONDS = 60
COUNTS = {"o-hangzhou": 150, "o-ningbo": 100}
# Several notices in one SQS message: the local cloud hands a function at most 10 messages at once.
PER_RECORD = 25
CULPRIT = "n-ningbo-037"
REASON = "标签未在门户登记"
# Halving 100 seven times leaves one.
MOST_REFUSALS = 8


def send(scene: Scene, progress: Progress) -> Iterator[Check]:
    """Puts the notices on the queue and waits until each has its outcome."""
    portal, stack = scene.stage.portal, scene.stage.stack
    portal.break_down(refuse={CULPRIT: REASON})
    sent = {org_id: _notices(org_id, count) for org_id, count in COUNTS.items()}
    _put_on_queue(stack, sent)
    wanted = sum(COUNTS.values())

    def settled() -> int:
        return sum(len(portal.accepted(org_id)) for org_id in COUNTS) + depth(
            stack, "NoticeDeadLetterQueueUrl"
        )

    await_count(settled, wanted, WAIT_SECONDS, progress)
    # A record may be handled and not yet deleted.
    left = await_count(lambda: -depth(stack, "NoticeQueueUrl"), 0, WAIT_SECONDS, lambda *_: None)
    yield Check("records left in the notice queue", 0, -left)
    letters = [_attributes(letter) for letter in dead_letters(stack)]
    for org_id in COUNTS:
        calls = [call for call in portal.calls if call.org_id == org_id]
        accepted = {name for call in calls if call.ok for name in call.ids}
        rejected = {one["messageId"]: one["errorMessage"] for one in letters if one["orgId"] == org_id}
        sizes = [call.size for call in calls]
        row = OrganisationRow(org_id, COUNTS[org_id], sizes, len(accepted), rejected)
        scene.organisations.append(row)
        yield from _checks_of_calls(org_id, calls)
        yield from _checks_of_receipt(scene, org_id, sent[org_id])
    yield from _checks_of_dead_letters(stack, sent["o-ningbo"])
    portal.mend()


def _notices(org_id: str, count: int) -> dict[str, dict[str, Any]]:
    ids = [f"n-{org_id.removeprefix('o-')}-{number:03}" for number in range(1, count + 1)]
    return {name: notice(number, name, ORGANISATIONS[org_id]) for number, name in enumerate(ids, 1)}


def _put_on_queue(stack: Stack, sent: Mapping[str, Mapping[str, dict[str, Any]]]) -> None:
    bodies = [
        {"orgId": org_id, "messages": list(notices.values())[start : start + PER_RECORD]}
        for org_id, notices in sent.items()
        for start in range(0, len(notices), PER_RECORD)
    ]
    texts = [json.dumps(body, ensure_ascii=False) for body in bodies]
    entries = [{"Id": str(number), "MessageBody": text} for number, text in enumerate(texts)]
    stack.cloud.client("sqs").send_message_batch(QueueUrl=stack.outputs["NoticeQueueUrl"], Entries=entries)


def _checks_of_calls(org_id: str, calls: list[Call]) -> Iterator[Check]:
    accepted = [name for call in calls if call.ok for name in call.ids]
    refused = [call for call in calls if not call.ok]
    wanted = COUNTS[org_id] - (org_id == "o-ningbo")
    yield Check(f"{org_id}: notices accepted", wanted, len(set(accepted)))
    yield Check(f"{org_id}: notices accepted more than once", 0, len(accepted) - len(set(accepted)))
    yield Check(f"{org_id}: calls with more than {BATCH_LIMIT}", 0, sum(c.size > BATCH_LIMIT for c in calls))
    yield Check(f"{org_id}: refused calls within {MOST_REFUSALS}", True, len(refused) <= MOST_REFUSALS)
    strays = [call.message for call in refused if CULPRIT not in call.ids]
    yield Check(f"{org_id}: refusals that had another cause", [], strays)


def _checks_of_receipt(scene: Scene, org_id: str, sent: Mapping[str, dict[str, Any]]) -> Iterator[Check]:
    """Each user of the organisation has exactly the notices that name them, once each."""
    wrong = []
    for user in ORGANISATIONS[org_id]:
        due = {name: 1 for name, one in sent.items() if one["targetType"] == 0 or user in one["targets"]}
        due.pop(CULPRIT, None)
        if dict(scene.stage.portal.received(org_id, user)) != due:
            wrong.append(user)
    yield Check(f"{org_id}: users who did not get each of their notices exactly once", [], wrong)


def _checks_of_dead_letters(stack: Stack, sent: Mapping[str, dict[str, Any]]) -> Iterator[Check]:
    letters = dead_letters(stack)
    yield Check("dead letters", 1, len(letters))
    for letter in letters:
        attributes = _attributes(letter)
        named = attributes["orgId"], attributes["messageId"]
        yield Check("dead letter: orgId, messageId", ("o-ningbo", CULPRIT), named)
        yield Check("dead letter has the portal's reason", True, REASON in attributes["errorMessage"])
        body = {"orgId": "o-ningbo", "messages": [sent[CULPRIT]]}
        yield Check("dead letter holds the notice as it was sent", body, json.loads(letter["Body"]))


def _attributes(letter: Mapping[str, Any]) -> dict[str, str]:
    """A dead letter's attributes; all four of them, whatever is missing."""
    given = letter.get("MessageAttributes", {})
    names = ("orgId", "messageId", "errorCode", "errorMessage")
    return {name: given.get(name, {}).get("StringValue", "") for name in names}


def depth(stack: Stack, output: str) -> int:
    """Messages in a queue, those being worked on included."""
    names = [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
    ]
    described = stack.cloud.client("sqs").get_queue_attributes(
        QueueUrl=stack.outputs[output], AttributeNames=names
    )
    return sum(int(value) for value in described["Attributes"].values())


def dead_letters(stack: Stack) -> list[dict[str, Any]]:
    """What is in the dead-letter queue, left there."""
    messages = stack.cloud.client("sqs").receive_message(
        QueueUrl=stack.outputs["NoticeDeadLetterQueueUrl"],
        MaxNumberOfMessages=10,
        MessageAttributeNames=["All"],
        VisibilityTimeout=0,
    )
    found: list[dict[str, Any]] = messages.get("Messages", [])
    return found
