"""How long each record that stays in the queue is hidden before it is received again."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from itertools import batched
from random import random
from typing import TYPE_CHECKING, NamedTuple

from notice.deadline import Deadline
from notice.queue.batch_calls import call_in_batches
from relay.sqs import REQUEST_ENTRIES

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

FIRST_SECONDS = 30
# So 14 days are some 700 receives: well below the queue's maxReceiveCount.
LONGEST_SECONDS = 1800
JITTER = 0.15
# SQS ends any visibility timeout 12 hours after the receive; an afternoon is as long as a portal may ask for.
LONGEST_ASKED_SECONDS = 21_600

RETENTION_SECONDS = 1_209_600
"""What template.yaml gives the queue: afterwards SQS deletes a record without a trace."""
EXPIRY_SECONDS = 3600
"""A record with less to live is given up, while there still is time to say so."""


def lifetime(sent_at: float, now: float) -> float:
    """Returns the seconds until the queue deletes a record that was sent at `sent_at`."""
    return sent_at + RETENTION_SECONDS - now


def backoff_seconds(
    receives: int, asked: float | None, left: float, *, chance: Callable[[], float] = random
) -> int:
    """Returns a wait that doubles with every receive up to the longest; at least what the portal `asked` for.

    With `left` seconds to live the record comes back while it can still be given up properly.
    """
    wait = _growing(receives) * (1 - JITTER * chance())
    if asked:
        wait = max(wait, min(asked, LONGEST_ASKED_SECONDS) * (1 + JITTER * chance()))
    return max(1, int(min(wait, left - EXPIRY_SECONDS / 2)))


def receives_within(seconds: float) -> int:
    """Returns how often a record is received at most in so many seconds from its first receive."""
    receives, waited = 1, 0.0
    while (waited := waited + _growing(receives) * (1 - JITTER)) <= seconds:
        receives += 1
    return receives


def _growing(receives: int) -> float:
    return min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** min(receives - 1, 10))


class Wait(NamedTuple):
    """For how many seconds the record of a receipt is to stay hidden."""

    receipt: str
    seconds: int


class VisibilityTimeouts:
    """The notice queue's visibility timeouts. Builds its client at the first record that stays."""

    def __init__(self, queue_url: str, client: "Callable[[], SQSClient]") -> None:
        self._queue_url, self._client = queue_url, client

    def set(self, waits: Sequence[Wait], deadline: Deadline) -> Counter[str]:
        """Hide records. Returns AWS's codes for those that only the queue's own timeout hides."""
        change = partial(self._client().change_message_visibility_batch, QueueUrl=self._queue_url)
        entries = [{"ReceiptHandle": one.receipt, "VisibilityTimeout": one.seconds} for one in waits]
        requests = list(batched(range(len(waits)), REQUEST_ENTRIES, strict=False))
        return Counter(call_in_batches(change, entries, requests, deadline).values())
