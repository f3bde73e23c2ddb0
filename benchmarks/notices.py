"""Measures ten thousand notices of one organisation on their way to a portal that takes its time."""

from collections.abc import Sequence
from functools import partial
from itertools import batched
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import artefacts, processes
from benchmarks.notice_input import Json, compact, event, notice
from benchmarks.record import Budget, Row, Rows, interleaved, ratio
from notice.dispatch.batches import BATCH_LIMIT
from notice.dispatch.dispatcher import WORKERS

ORG, WARM_UP_ORG = "o-benchmark", "o-warm-up"
PRODUCE = artefacts.ENVIRONS["notice"]["ENOS_PRODUCE_PATH"]
# By the portal's milliseconds.
LEAST_RATES = {20: 0.93, 200: 0.98}


def measure(rounds: int = 5, path: list[Path] | None = None, count: int = 10_000) -> Rows:
    """Returns rates of sending as ratios to a bare HTTP loop of the same bodies, and the calls that it takes.

    Raises NotAsClaimedError unless every notice arrived once, either way.
    """
    path, rows, most = path or artefacts.function("notice"), {}, 0
    with TemporaryDirectory() as folder, processes.vendors() as vendors:
        ours, bare = _commands(vendors, Path(folder), [notice(number) for number in range(count)])
        for milliseconds, least in LEAST_RATES.items():
            seen: list[Json] = []
            rate = partial(_rate, vendors, milliseconds, path, seen, count)
            found = interleaved({"ours": partial(rate, ours), "bare": partial(rate, bare)}, rounds)
            most = max(most, *(one["calls"] for one in seen))
            rows[f"notices_{milliseconds}ms"] = ratio(
                f"rate of sending {count:,} notices, a portal of {milliseconds} ms",
                found["ours"],
                found["bare"],
                against="a bare HTTP loop of the same bodies",
                unit="notices/s",
                budget=Budget(limit=least, at_least=True),
            )
    return {"notices_calls": _calls(count, most), **rows}


def _rate(
    vendors: processes.Vendors,
    milliseconds: int,
    path: list[Path],
    seen: list[Json],
    count: int,
    command: Sequence[str],
) -> float:
    """Notices a second; what the portal saw is added to `seen`, and has to be what it saw before."""
    vendors.behave(delay=milliseconds / 1000)
    environ = artefacts.ENVIRONS["notice"] | vendors.environ
    *_, spent = processes.run(*command, path=path, environ=environ)
    seen.append(one := vendors.seen()[ORG])
    if (one["notices"], one["times"], one["digest"]) != (count, [1], seen[0]["digest"]):
        raise processes.NotAsClaimedError(f"{command[0]}: of {count} notices came {one}")
    return float(count / spent["seconds"])


def _commands(vendors: processes.Vendors, folder: Path, notices: list[Json]) -> tuple[list[str], list[str]]:
    """Ours and the bare loop; both send to another organisation before, to have connections and a token."""
    sent = {WARM_UP_ORG: notices[: WORKERS * BATCH_LIMIT], ORG: notices}
    events, bodies = folder / "events", folder / "bodies"
    events.write_text(compact([event(some, org=org) for org, some in sent.items()]), "utf-8")
    bodies.write_text(compact([_bodies(vendors, org, some) for org, some in sent.items()]), "utf-8")
    return ["dispatch", str(events)], ["bare_loop", str(WORKERS), vendors.token, str(bodies)]


def _bodies(vendors: processes.Vendors, org: str, notices: list[Json]) -> dict[str, Any]:
    """Bodies of produce calls, byte for byte what the relay makes of these notices."""
    parts = batched(notices, BATCH_LIMIT, strict=False)
    bodies = [compact({"messages": part}) for part in parts]
    return {"url": f"{vendors.url}{PRODUCE}?orgId={org}", "bodies": bodies}


def _calls(count: int, most: int) -> Row:
    fewest = -(-count // BATCH_LIMIT)
    return Row(
        what=f"calls for {count:,} notices of one organisation",
        values=(most / fewest,),
        against=f"the fewest that carry them, of {BATCH_LIMIT} each",
        medians=f"{most} beside {fewest} calls",
        budget=Budget(limit=1),
    )
