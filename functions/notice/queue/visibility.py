"""How long each record that stays in the queue is hidden before it is received again."""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import batched
from random import random
from typing import TYPE_CHECKING, NamedTuple

from notice.deadline import NO_TIME, Deadline, run_parallel
from relay.aws import UnavailableError, aws_errors
from relay.sqs import REQUEST_ENTRIES

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

FIRST_SECONDS = 30
# At half an hour each, 14 days are some 700 receives: well below the queue's maxReceiveCount.
LONGEST_SECONDS = 1800
JITTER = 0.15
# SQS ends any visibility timeout 12 hours after the receive; an afternoon is as long as a portal may ask for.
LONGEST_ASKED_SECONDS = 21_600

RETENTION_SECONDS = 1_209_600
"""What template.yaml gives the queue: afterwards SQS deletes a record without a trace."""
EXPIRY_SECONDS = 3600
"""A record with less to live is given up, while there still is time to say so."""

WORKERS = 4


def lifetime(sent_at: float, now: float) -> float:
    """Seconds until the queue deletes a record that was sent at `sent_at`."""
    return sent_at + RETENTION_SECONDS - now


def backoff_seconds(
    receives: int, asked: float | None, left: float, *, chance: Callable[[], float] = random
) -> int:
    """Doubles with every receive up to half an hour; at least what the portal `asked` for.

    With `left` seconds to live the record comes back while it can still be given up properly.
    """
    growing = min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** min(receives - 1, 10))
    wait = growing * (1 - JITTER * chance())
    if asked:
        wait = max(wait, min(asked, LONGEST_ASKED_SECONDS) * (1 + JITTER * chance()))
    return max(1, int(min(wait, left - EXPIRY_SECONDS / 2)))


class Wait(NamedTuple):
    """For how many seconds the record of a receipt is to stay hidden."""

    receipt: str
    seconds: int


class VisibilityTimeouts:
    """The notice queue's visibility timeouts. Builds its client at the first record that stays."""

    def __init__(self, queue_url: str, client: "Callable[[], SQSClient]") -> None:
        self._queue_url, self._make_client = queue_url, client

    def set(self, waits: Sequence[Wait], deadline: Deadline) -> Counter[str]:
        """AWS's codes for those that could not be set, which come back after the queue's own timeout."""
        if not waits:
            return Counter()
        client = self._make_client()
        parts = list(batched(waits, REQUEST_ENTRIES, strict=False))

        def change(part: Sequence[Wait]) -> list[str]:
            return self._change(client, part) if deadline.left() else [NO_TIME] * len(part)

        answers = run_parallel(change, parts, workers=WORKERS, deadline=deadline)
        codes: Counter[str] = Counter()
        for part, failed in zip(parts, answers, strict=True):
            codes.update([NO_TIME] * len(part) if failed is None else failed)
        return codes

    def _change(self, client: "SQSClient", part: Sequence[Wait]) -> list[str]:
        try:
            with aws_errors():
                answer = client.change_message_visibility_batch(
                    QueueUrl=self._queue_url,
                    Entries=[
                        {"Id": str(number), "ReceiptHandle": one.receipt, "VisibilityTimeout": one.seconds}
                        for number, one in enumerate(part)
                    ],
                )
        except UnavailableError as fault:
            return [fault.code] * len(part)
        return [failed["Code"] for failed in answer.get("Failed", [])]
