"""A callback of a warm function, against the bare AWS calls it makes and against the by-the-docs stack."""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import artefacts, processes
from benchmarks.aws_server import aws_server
from benchmarks.measuring import Budget, Measured, Reading, Row

EVENT = artefacts.ROOT / "events" / "callback-app-update.json"
TOKEN = "Wk3mVx8pQz5nRt7yLc2hJd9sGf4bKa6e"
# Short blocks: a slow moment of the machine hits ours and the bare calls alike.
BLOCKS, SIZE = 20, 15
# Callbacks in a row, 1x to 100x, and how many blocks of them: the shorter, the less one tells.
GROWTH = {10: 15, 100: 3, 1000: 1}
# There is no daemon that takes traces; without this the reference's tracer would be off all the same.
NO_TRACES = {"POWERTOOLS_TRACE_DISABLED": "true"}

type Spent = list[tuple[float, float]]
"""CPU and wall milliseconds of a callback, block by block."""


def measure(rounds: int = 7, growth_rounds: int = 3) -> Measured:
    """Each round has fresh processes: one for ours and the bare calls in turns, one by the docs."""
    sizes = [SIZE] * BLOCKS
    spent: dict[str, list[Spent]] = {"callback": [], "bare": [], "docs": []}
    with aws_server(TOKEN) as url:
        ours = partial(_run, url, "callback", "callback.app", artefacts.function("callback"))
        theirs = partial(_run, url, "by-the-docs", "by_the_docs.app", artefacts.by_the_docs())
        for _ in range(rounds):
            found = ours(sizes, "--bare")
            spent["callback"].append(found["callback"])
            spent["bare"].append(found["bare"])
            spent["docs"].append(theirs(sizes)["callback"])
        grown = [_grown(ours) for _ in range(growth_rounds)]
    return Measured(tuple(_rows(spent, grown)), _details(spent, grown))


def _run(
    url: str, environ: str, module: str, path: Iterable[Path], sizes: Iterable[int], *options: str
) -> Any:
    variables = artefacts.ENVIRONS[environ] | NO_TRACES | {"AWS_ENDPOINT_URL": url}
    arguments = (*options, module, str(EVENT), TOKEN, *map(str, sizes))
    return processes.run("warm_callback", *arguments, path=path, environ=variables)


def _grown(ours: Callable[[list[int]], Any]) -> dict[int, float]:
    """CPU milliseconds of a callback by how many came in a row, in a process of its own."""
    sizes = [size for size, blocks in GROWTH.items() for _ in range(blocks)]
    found = list(zip(sizes, ours(sizes)["callback"], strict=True))
    return {size: median(cpu for known, (cpu, _) in found if known == size) for size in GROWTH}


def _reading(rounds: list[Spent], which: int) -> Reading:
    """CPU (0) or wall (1) time of a callback, the middle block of each round."""
    return Reading(tuple(median(block[which] for block in blocks) for blocks in rounds))


def _in_turns(ours: list[Spent], bare: list[Spent], which: int) -> Reading:
    """The middle ratio of each round, every block over the one that it took turns with."""
    pairs = (zip(*round_, strict=True) for round_ in zip(ours, bare, strict=True))
    return Reading(tuple(median(one[which] / other[which] for one, other in blocks) for blocks in pairs))


def _rows(spent: dict[str, list[Spent]], grown: list[dict[int, float]]) -> Iterable[Row]:
    ours, bare, docs = spent["callback"], spent["bare"], spent["docs"]
    for which, kind, key, budget in ((0, "CPU", "cpu", Budget(1.15)), (1, "wall time", "wall", None)):
        what = f"a warm callback, {kind}"
        over_bare = _in_turns(ours, bare, which)
        over_docs = _reading(ours, which).over(_reading(docs, which))
        yield Row(
            f"warm_callback_{key}", what, over_bare, reference="its three bare AWS calls", budget=budget
        )
        yield Row(f"warm_callback_docs_{key}", what, over_docs, reference="the by-the-docs stack")
    few, many = min(GROWTH), max(GROWTH)
    growth = Reading(tuple(by_size[many] / by_size[few] for by_size in grown))
    what = f"a warm callback, CPU, of {many:,} in a row"
    yield Row("warm_callback_growth", what, growth, reference=f"of {few} in a row")


def _details(spent: dict[str, list[Spent]], grown: list[dict[int, float]]) -> dict[str, object]:
    times = {
        f"{name}_{kind}_ms": [round(value, 4) for value in _reading(rounds, which).values]
        for name, rounds in spent.items()
        for which, kind in enumerate(("cpu", "wall"))
    }
    per_size = {str(size): [round(by_size[size], 4) for by_size in grown] for size in GROWTH}
    return {**times, "growth_cpu_ms_by_callbacks": per_size}
