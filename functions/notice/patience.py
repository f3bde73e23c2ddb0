"""How long a deferred record waits before it is received again."""

from collections.abc import Callable
from random import random

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


def lifetime(sent_at: float, now: float) -> float:
    """Seconds until the queue deletes a record that was sent at `sent_at`."""
    return sent_at + RETENTION_SECONDS - now


def wait_seconds(
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
