"""The start of each function in a fresh process, against two bare clients and the by-the-docs stack."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from benchmarks import artefacts, processes
from benchmarks.measuring import Budget, Measured, Reading, Row

FUNCTIONS = ("callback", "notice", "recovery", "gateway")
CLIENTS, DOCS = "two bare botocore clients", "the by-the-docs stack"
BUDGETS = {"callback": Budget(1.05), "notice": Budget(0.70)}
DOCS_BUDGETS = {"callback": Budget(0.40)}
BARE = "callback without byte-code"

# Whatever else the machine does only adds to a start's time: a round's value is the least of so many.
TRIES = 3

type Start = Callable[[], dict[str, float]]


def measure(rounds: int = 11) -> Measured:
    """CPU and wall time to import each `app` from its built artefact, before any request."""
    cases: dict[str, Start] = {name: partial(_start, name) for name in FUNCTIONS}
    cases[CLIENTS] = _prepared("two_clients", [processes.CHILDREN, *artefacts.two_clients()], {})
    cases[DOCS] = _prepared("by_the_docs.app", artefacts.by_the_docs(), artefacts.ENVIRONS["by-the-docs"])
    sources = artefacts.without_byte_code("callback")
    cases[BARE] = _prepared("callback.app", sources, artefacts.ENVIRONS["callback"])
    found = _interleaved(cases, rounds)
    return Measured(tuple(_rows(found)), _details(found))


def _start(name: str) -> Any:
    path, environ = artefacts.function(name), artefacts.ENVIRONS[name]
    return processes.run("cold_start", f"{name}.app", path=path, environ=environ)


def _prepared(module: str, path: Iterable[Any], environ: dict[str, str]) -> Start:
    return partial(processes.run, "cold_start", module, path=list(path), environ=environ)


def _interleaved(cases: dict[str, Start], rounds: int) -> dict[str, list[dict[str, float]]]:
    """One start of each is not counted, for the files to be at hand; then come TRIES of each a round."""
    _each_once(cases)
    found: dict[str, list[dict[str, float]]] = {name: [] for name in cases}
    for _ in range(rounds):
        tries = [_each_once(cases) for _ in range(TRIES)]
        for name in cases:
            found[name].append({kind: min(one[name][kind] for one in tries) for kind in tries[0][name]})
    return found


def _each_once(cases: Mapping[str, Start]) -> dict[str, dict[str, float]]:
    return {name: start() for name, start in cases.items()}


def _rows(found: dict[str, list[dict[str, float]]]) -> Iterable[Row]:
    for kind, key, said in (("cpu_ms", "cpu", "CPU"), ("wall_ms", "wall", "wall time")):
        readings = {name: Reading(tuple(one[kind] for one in starts)) for name, starts in found.items()}
        for reference, mark, budgets in ((CLIENTS, "", BUDGETS), (DOCS, "_docs", DOCS_BUDGETS)):
            for name in FUNCTIONS:
                over = readings[name].over(readings[reference])
                budget = budgets.get(name) if kind == "cpu_ms" else None
                what = f"cold start of {name}, {said}"
                yield Row(f"cold_{name}{mark}_{key}", what, over, reference=reference, budget=budget)
    cpu = [Reading(tuple(one["cpu_ms"] for one in found[name])) for name in ("callback", BARE)]
    yield Row("cold_callback_sources_cpu", "cold start of callback, CPU", cpu[0].over(cpu[1]), reference=BARE)


def _details(found: dict[str, list[dict[str, float]]]) -> dict[str, object]:
    names = {CLIENTS: "two_clients", DOCS: "by_the_docs", BARE: "callback_without_byte_code"}
    return {
        f"{names.get(name, name)}_{kind}": [round(one[kind], 2) for one in starts]
        for name, starts in found.items()
        for kind in ("cpu_ms", "wall_ms", "modules")
    }
