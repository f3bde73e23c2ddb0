"""Counts the calls it takes to find the notices that the portal refuses, wherever in a batch they are."""

from collections.abc import Collection, Sequence
from pathlib import Path
from random import Random
from statistics import mean

from benchmarks import artefacts, processes
from benchmarks.measuring import Budget, Measured, Row, single
from benchmarks.portal_server import NotAsClaimedError

SIZE = 100
SEVERAL = (2, 5, 10)
WORST, MEAN = Budget(11), Budget(10)


def measure(
    *, path: Sequence[Path] | None = None, size: int = SIZE, several: Sequence[int] = SEVERAL
) -> Measured:
    """One poison notice at every position, and several by chance, as often; counted, so once is enough.

    Raises NotAsClaimedError unless every poison notice is rejected and all others are accepted.
    """
    path = path or artefacts.function("notice")
    chance = Random(size)  # noqa: S311
    places = {1: [[position] for position in range(size)]}
    places |= {count: [sorted(chance.sample(range(size), count)) for _ in range(size)] for count in several}
    calls = {count: _calls(path, size, lists) for count, lists in places.items()}
    plain = {count: [halving(0, size, one) for one in lists] for count, lists in places.items()}

    one = f"calls that find one culprit among {size}"
    rows = [
        Row("culprit_worst", f"{one}, at worst", single(max(calls[1])), "calls", budget=WORST, digits=1),
        Row("culprit_mean", f"{one}, on average", single(mean(calls[1])), "calls", budget=MEAN, digits=1),
    ]
    for count in (1, *several):
        ratio = single(mean(calls[count]) / mean(plain[count]))
        what = f"calls that find {count} of {size}, on average"
        rows.append(Row(f"culprits_{count}", what, ratio, reference="plain halving"))
    return Measured(tuple(rows), {"ours": _details(calls), "plain_halving": _details(plain)})


def _calls(path: Sequence[Path], size: int, lists: list[list[int]]) -> list[int]:
    found = processes.run("poison_notices", str(size), str(lists), path=path, environ={})
    for positions, one in zip(lists, found, strict=True):
        ends = (one["accepted"], one["rejected"])
        if ends != (size - len(positions), len(positions)):
            raise NotAsClaimedError(
                f"poison notices at {positions}: {ends[0]} accepted and {ends[1]} rejected of {size}"
            )
    return [one["calls"] for one in found]


def halving(start: int, end: int, poison: Collection[int]) -> int:
    """Calls of a search that asks about both halves of whatever was refused, the batch's own among them."""
    if end - start == 1 or not any(start <= position < end for position in poison):
        return 1
    middle = (start + end + 1) // 2
    return 1 + halving(start, middle, poison) + halving(middle, end, poison)


def _details(calls: dict[int, list[int]]) -> dict[str, dict[str, float]]:
    """By the number of poison notices."""
    return {
        str(count): {"worst": max(each), "mean": round(mean(each), 2), "least": min(each)}
        for count, each in calls.items()
    }
