"""The notice queue as an SQS client shows it, in memory."""

import json
from typing import Any

from operate.stack import Stack
from tests.support.command_line import Ran, ran

URL = "https://sqs.example.com/notices"


class QueueStub:
    """Keeps what it is sent. `fates` are the answers to a request, by its number, in place of taking it."""

    def __init__(self, fates: dict[int, Any] | None = None) -> None:
        self.fates = fates or {}
        self.requests = 0
        self.bodies: list[str] = []

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803
        assert QueueUrl == URL
        fate = self.fates.get(self.requests, ())
        self.requests += 1
        if isinstance(fate, BaseException):
            raise fate
        self.bodies += [entry["MessageBody"] for entry in Entries if int(entry["Id"]) not in fate]
        return {"Failed": [{"Id": str(number), "Code": "InternalError"} for number in fate]}

    def notices(self) -> list[tuple[str, Any]]:
        """Organisation and notice of all that is on the queue."""
        found = [json.loads(body) for body in self.bodies]
        return [(one["orgId"], notice) for one in found for notice in one["messages"]]


def send(queue: QueueStub, *words: str) -> Ran:
    """`mozi-relay send` with these words."""
    stack = Stack("relay", {"NoticeQueueUrl": URL}, {"sqs": queue}.__getitem__)
    return ran("send", "--stack", "relay", *words, connect=lambda *_: stack)
