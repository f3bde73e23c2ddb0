"""The search for the culprits of a batch that was refused."""

from collections.abc import Callable

from notice.batches import Batch

type Accepts = Callable[[Batch], bool]


def isolate(refused: Batch, accepts: Accepts, halved: Callable[[], None]) -> None:
    """Ask about ever smaller parts of a `refused` batch until each culprit has stood alone.

    `accepts` sends one part and says whether the portal took it; it raises to end the search. When the first
    half is accepted the second is known to be refused, and is halved without asking; but a notice that stands
    alone is always asked about, so that the answer is about it. Both halves are asked about before either is
    gone into: many culprits side by side do not hide that the rest is good.

    One culprit among 100 costs 14 calls at most. k culprits among n cost at most 2k(1 + log2(n/k)) calls, for
    n and k that are powers of two.
    """
    known_refused = [refused]
    while known_refused:
        part = known_refused.pop()
        halved()
        middle = (len(part) + 1) // 2
        first, second = part[:middle], part[middle:]
        first_accepted = accepts(first)
        implied = first_accepted and len(second) > 1
        second_accepted = not implied and accepts(second)
        found = [(second, second_accepted), (first, first_accepted)]
        known_refused += [half for half, accepted in found if not accepted and len(half) > 1]
