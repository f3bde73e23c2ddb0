"""The application's side of the demo: its notices on the queue, and what can be seen of them afterwards."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from sandbox.cloud.deploy import Stack
from sandbox.demo.notices import notice
from sandbox.demo.stage import ORGANISATIONS
from sandbox.demo.steps import Check, Scene

# Several notices in one SQS message: the local cloud hands a function at most 10 messages at once.
PER_RECORD = 25

Notices = Mapping[str, dict[str, Any]]


def notices(org_id: str, count: int) -> dict[str, dict[str, Any]]:
    """So many notices for the users of an organisation, by messageId."""
    ids = [f"n-{org_id.removeprefix('o-')}-{number:03}" for number in range(1, count + 1)]
    return {name: notice(number, name, ORGANISATIONS[org_id]) for number, name in enumerate(ids, 1)}


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


def received(scene: Scene, org_id: str, sent: Notices, *, but: Collection[str] = ()) -> Check:
    """Each user of the organisation has exactly the notices that name them, once each."""
    wrong = []
    for user in ORGANISATIONS[org_id]:
        due = {name: 1 for name, one in sent.items() if one["targetType"] == 0 or user in one["targets"]}
        due = {name: times for name, times in due.items() if name not in but}
        if dict(scene.stage.portal.received(org_id, user)) != due:
            wrong.append(user)
    return Check(f"{org_id}: users who did not get each of their notices exactly once", [], wrong)


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


def attributes(letter: Mapping[str, Any]) -> dict[str, str]:
    """A dead letter's attributes; all four of them, whatever is missing."""
    given = letter.get("MessageAttributes", {})
    names = ("orgId", "messageId", "errorCode", "errorMessage")
    return {name: given.get(name, {}).get("StringValue", "") for name in names}
