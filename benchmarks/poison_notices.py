"""Counts the calls that find the one notice of a batch that the portal refuses, wherever it is."""

from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory

from benchmarks import artefacts, notice_input, processes
from benchmarks.record import Budget, Row, Rows


def measure(path: list[Path] | None = None, size: int = 100) -> Rows:
    """Returns the calls at worst and on average: one poison notice at every position, counted once.

    Raises NotAsClaimedError unless it is rejected each time and all others are accepted.
    """
    batches = [
        [{**notice_input.notice(number), "messageId": f"n-{batch}-{number}"} for number in range(size)]
        for batch in range(size)
    ]
    events = [notice_input.event(one, org=f"o-{number}") for number, one in enumerate(batches)]
    with TemporaryDirectory() as folder, processes.vendors() as vendors:
        file = Path(folder) / "events"
        file.write_text(notice_input.compact(events), "utf-8")
        vendors.behave(refuse={f"n-{number}-{number}": "poison" for number in range(size)})
        environ = artefacts.ENVIRONS["notice"] | vendors.environ
        path = path or artefacts.function("notice")
        found = processes.run("dispatch", str(file), "apart", path=path, environ=environ)
        calls = [seen["calls"] for seen in vendors.seen().values()]
    if any((one["accepted"], one["rejected"]) != (size - 1, 1) for one in found):
        raise processes.NotAsClaimedError(f"one poison notice among {size}: {found}")
    return {
        "poison_worst": _row("at worst", max(calls), 11),
        "poison_mean": _row("on average", mean(calls), 10),
    }


def _row(which: str, calls: float, limit: float) -> Row:
    what = f"calls that find one poison notice among 100, {which}"
    return Row(what=what, values=(calls,), unit="calls", budget=Budget(limit=limit), digits=1)
