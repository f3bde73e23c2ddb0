"""Measures the start of a function in a fresh process, and what it is made of."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from benchmarks import artefacts, processes
from benchmarks.record import Budget, Row, Rows, interleaved, ratio

CLIENTS, DOCS = "two bare botocore clients", "the by-the-docs stack"
# Whatever else the machine does only adds to a start's time: a round's value is the least of so many.
TRIES = 3


def measure(rounds: int = 11) -> Rows:
    """Returns the CPU of importing each `app` from its built artefact, before any request."""
    environs = artefacts.ENVIRONS
    starts = {
        name: partial(_start, f"{name}.app", artefacts.function(name), environs[name])
        for name in ("callback", "notice")
    }
    starts[CLIENTS] = partial(_start, "two_clients", [processes.CHILDREN, *artefacts.two_clients()], {})
    starts[DOCS] = partial(_start, "by_the_docs", artefacts.by_the_docs(), environs["by-the-docs"])
    # One start of each is not counted, for the files to be at hand.
    interleaved(starts, 1)
    found = interleaved(starts, rounds)

    def row(name: str, against: str, limit: float) -> Row:
        what, ours = f"cold start of `{name}`, CPU", found[name]
        return ratio(what, ours, found[against], against=against, unit="ms", budget=Budget(limit=limit))

    return {
        "cold_callback": row("callback", CLIENTS, 1.05),
        "cold_callback_docs": row("callback", DOCS, 0.40),
        "cold_notice": row("notice", CLIENTS, 0.70),
    }


def _start(module: str, path: list[Path], environ: Mapping[str, str]) -> float:
    return min(
        float(processes.run("cold_start", module, path=path, environ=environ)["cpu_ms"]) for _ in range(TRIES)
    )


def layer() -> Rows:
    """Returns how large the built layer is, unpacked, in MB of 10^6 bytes."""
    folder = artefacts.LAYER.parent
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
    limit, against = Budget(limit=20), "250 MB, which Lambda allows"
    what = "layer, unzipped, byte-code included"
    row = Row(what=what, values=(round(size, 3),), unit="MB", budget=limit, against=against, digits=1)
    return {"layer": row}
