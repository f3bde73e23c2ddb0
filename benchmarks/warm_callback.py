"""Measures a callback of a warm function, against the bare AWS calls that it makes."""

from pathlib import Path
from statistics import median

from benchmarks import artefacts, processes
from benchmarks.record import Budget, Rows, ratio

EVENT = artefacts.ROOT / "events" / "callback-app-update.json"
# Short blocks: a slow moment of the machine hits ours and the bare calls alike.
BLOCKS, SIZE = 20, 15


def measure(rounds: int = 7, path: list[Path] | None = None) -> Rows:
    """Returns the CPU of a callback; each round is a process in which both take turns, block by block."""
    found = {"callback": list[float](), "bare": list[float]()}
    with processes.vendors() as vendors:
        environ = artefacts.ENVIRONS["callback"] | vendors.environ
        for _ in range(rounds):
            spent = processes.run(
                "warm_callback",
                *(str(EVENT), str(BLOCKS), str(SIZE)),
                path=path or artefacts.function("callback"),
                environ=environ,
            )
            for name, blocks in found.items():
                blocks.append(median(spent[name]))
    row = ratio(
        "warm callback, CPU",
        found["callback"],
        found["bare"],
        against="its three bare AWS calls",
        unit="ms",
        budget=Budget(limit=1.15),
    )
    return {"warm_callback": row}
