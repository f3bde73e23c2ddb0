"""Both queues of the outbound path in mock SQS, with dead letters as the notice function writes them."""

import json
import signal
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import boto3

from notice.outcomes import Rejected
from notice.queue.dead_letters import DeadLetters, dead_letter
from notice.queue.records import read_records
from operate.stack import Stack
from tests.support import template
from tests.support.command_line import Ran, ran
from tests.support.outbound import NOW, deadline, event, message, record

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# The mock shows a message a millisecond after it is visible.
MOCK_DELAY = 0.002


class Queues:
    """The notice queue and its dead-letter queue, and the command line connected to them."""

    def __init__(self) -> None:
        self.sqs: SQSClient = boto3.client("sqs")
        self.notices = template.make_queue("NoticeQueue")
        self.letters = template.make_queue("NoticeDeadLetterQueue")
        outputs = {"NoticeQueueUrl": self.notices, "NoticeDeadLetterQueueUrl": self.letters}
        self._stack = Stack("relay", outputs, {"sqs": self.sqs}.__getitem__)
        self.before("ReceiveMessage", lambda params: params.update(WaitTimeSeconds=0))

    def run(self, *words: str) -> Ran:
        time.sleep(MOCK_DELAY)
        return ran(*words, "--stack", "relay", connect=lambda *_: self._stack)

    def reject(
        self,
        body: str,
        code: str = "InvalidNotice",
        why: str = "targets: required",
        attributes: dict[str, dict[str, str]] | None = None,
    ) -> None:
        """Have each notice of a record's body rejected, or all of it if it cannot be read.

        `attributes` are the sender's own, as Lambda gets them.
        """
        (one,) = read_records(event(record(body=body, attributes=attributes)), NOW)
        letters = [dead_letter(one, entry, Rejected(code, why)) for entry in one.places]
        assert DeadLetters(self.letters, lambda: self.sqs).send(letters, deadline()) == {}

    def fill(self, count: int, **given: Any) -> None:
        for start in range(0, count, 100):
            names = [f"n-{number}" for number in range(start, min(count, start + 100))]
            self.reject(json.dumps({"orgId": "o-1", "messages": [message(name) for name in names]}), **given)

    def counts(self) -> tuple[int, int]:
        """How many dead letters can be received, and how many are held."""
        time.sleep(MOCK_DELAY)
        names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found: Any = self.sqs.get_queue_attributes(QueueUrl=self.letters, AttributeNames=names)["Attributes"]
        return int(found[names[0]]), int(found[names[1]])

    def sent(self) -> list[str]:
        """Bodies on the notice queue, taken from it."""
        return [body for body, _ in self.sent_with_attributes()]

    def sent_with_attributes(self) -> list[tuple[str, dict[str, Any]]]:
        """Bodies on the notice queue, taken from it, each with its message attributes."""
        messages: list[tuple[str, dict[str, Any]]] = []
        while found := self.sqs.receive_message(
            QueueUrl=self.notices, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages"):
            messages += [(one["Body"], dict(one.get("MessageAttributes", {}))) for one in found]
        return messages

    def listed(self, *words: str) -> list[dict[str, Any]]:
        """The letters as a program gets them."""
        found: list[dict[str, Any]] = json.loads(self.run("dead-letters", "--json", *words).stdout)["letters"]
        return found

    def before(self, operation: str, act: Callable[[dict[str, Any]], object]) -> None:
        """Act on a call's parameters before it is made."""

        def handler(params: dict[str, Any], **_: object) -> None:
            act(params)

        self.sqs.meta.events.register(f"provide-client-params.sqs.{operation}", handler)

    def after(self, operation: str, act: Callable[[dict[str, Any]], object]) -> None:
        """Act on a call's answer."""

        def handler(parsed: dict[str, Any], **_: object) -> None:
            act(parsed)

        self.sqs.meta.events.register(f"after-call.sqs.{operation}", handler)

    def at(self, operation: str, number: int, act: Callable[[], object]) -> None:
        """Act before the call of that number, counted from 1."""
        calls: list[None] = []

        def count(_: object) -> None:
            calls.append(None)
            if len(calls) == number:
                act()

        self.before(operation, count)

    def interrupt(self, operation: str, number: int) -> None:
        self.at(operation, number, lambda: signal.raise_signal(signal.SIGINT))

    def refuse(self, operation: str, entry: int) -> None:
        """Have one entry of each batch refused: it is not carried out, and the answer says so."""
        refused: list[str] = []

        def take_out(params: dict[str, Any]) -> None:
            refused[:] = [params["Entries"].pop(entry)["Id"]] if len(params["Entries"]) > entry else []

        def say(parsed: dict[str, Any]) -> None:
            failed = [{"Id": one, "Code": "InternalError", "SenderFault": False} for one in refused]
            parsed["Failed"] = [*parsed.get("Failed", []), *failed]

        self.before(operation, take_out)
        self.after(operation, say)
