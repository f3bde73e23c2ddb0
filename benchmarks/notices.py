"""Measures ten thousand notices on their way to a portal that answers at once, soon or late."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from timeit import repeat

from benchmarks import artefacts, notice_input
from benchmarks.measuring import Budget, Measured, Reading, Row, interleaved, single
from benchmarks.outbound import Run, Ways
from benchmarks.portal_server import PortalServer

PER_CALL = 100
# By latency in ms: without any, the processor is all that there is to wait for.
LEAST_RATES = {20: Budget(0.93, at_least=True), 200: Budget(0.98, at_least=True)}


@dataclass(frozen=True)
class Plan:
    """How much is sent: `notices` at once, and by the portal's latency in ms how many one call at a time.

    At 200 ms a call for each of 10,000 notices would take half an hour: the rate shows with fewer. `times`
    is how often it is all sent where no latency makes it last; `growth` are sizes of events, the smallest
    of them sent `most_events` times.
    """

    notices: int = 10_000
    alone: Mapping[int, int] = field(default_factory=lambda: {0: 2000, 20: 250, 200: 25})
    times: int = 5
    growth: Sequence[int] = (1, 100, 1000, 10_000)
    most_events: int = 200


def measure(
    rounds: int = 5,
    *,
    path: Sequence[Path] | None = None,
    docs: Sequence[Path] | None = None,
    plan: Plan | None = None,
) -> Measured:
    """Rates as ratios to a bare loop of the same bodies; raises NotAsClaimedError if notices did not arrive.

    `path` and `docs` are as in `Ways`: what was built, unless given.
    """
    plan = plan or Plan()
    path = path or artefacts.function("notice")
    docs = docs or artefacts.by_the_docs()
    with TemporaryDirectory() as folder, PortalServer() as portal:
        ways = Ways(portal, path=path, docs=docs, folder=Path(folder))
        rates = [row for latency in plan.alone for row in _rates(ways, plan, latency, rounds)]
        growth, per_notice = _growth(ways, plan, rounds)
    return Measured(
        (_calls(ways, plan), *rates, _signature(ways, plan), *growth),
        {"cpu_us_per_notice": per_notice, "ways": _details(ways)},
    )


def _calls(ways: Ways, plan: Plan) -> Row:
    """The most calls that any run of ours took."""
    ours = [run for name, runs in ways.runs.items() if name.startswith("dispatcher") for run in runs]
    return Row(
        "notices_calls",
        f"calls for {plan.notices:,} notices of one organisation",
        single(max(run.calls * plan.notices / run.notices for run in ours)),
        unit="calls",
        reference="one a notice would be as many as notices",
        budget=Budget(plan.notices / PER_CALL),
        digits=0,
    )


def _rates(ways: Ways, plan: Plan, latency: int, rounds: int) -> list[Row]:
    whole = plan.notices, latency, 1 if latency else plan.times
    alone = plan.alone[latency], latency
    sent: dict[str, Callable[[], Run]] = {
        "dispatcher": partial(ways.dispatcher, *whole),
        "bare": partial(ways.bare, *whole),
        "invocation": partial(ways.invocation, *whole),
        "alone": partial(ways.bare, *alone, per_call=1),
        "by the docs": partial(ways.by_the_docs, *alone),
    }
    found = interleaved({name: partial(_rate, run) for name, run in sent.items()}, rounds)

    def row(key: str, what: str, ours: str, theirs: str, reference: str, budget: Budget | None = None) -> Row:
        ratio, said = found[ours].over(found[theirs]), f"{what}, a portal of {latency} ms"
        return Row(f"notices_{key}_{latency}ms", said, ratio, reference=reference, budget=budget)

    loop, one = "a bare HTTP loop of the same bodies", "a bare HTTP loop, one call per notice"
    docs = "Powertools' BatchProcessor, one call per record"
    return [
        row("rate", "rate of sending notices", "dispatcher", "bare", loop, LEAST_RATES.get(latency)),
        row("invocation", "rate of an invocation, reading and checks included", "invocation", "bare", loop),
        row("alone", "rate of an invocation", "invocation", "alone", one),
        row("by_the_docs", "rate of an invocation", "invocation", "by the docs", docs),
    ]


def _rate(run: Callable[[], Run]) -> float:
    return run().rate


def _signature(ways: Ways, plan: Plan) -> Row:
    """What the vendor's signature takes of every call, whoever makes it."""
    (body,) = notice_input.bodies(notice_input.notices(PER_CALL), PER_CALL)
    wire = body.encode()
    seconds = min(repeat(lambda: sha256(wire).hexdigest(), number=100)) / 100
    calls = [run.cpu / run.calls for run in ways.runs[f"bare loop, {min(plan.alone)} ms"]]
    ratio = Reading(tuple(seconds / each for each in calls))
    what = f"CPU of signing {PER_CALL} notices, SHA-256 of {len(wire) / 1000:.0f} kB"
    return Row("notices_signature", what, ratio, reference="CPU of a call of the bare loop")


def _growth(ways: Ways, plan: Plan, rounds: int) -> tuple[list[Row], dict[str, float]]:
    """CPU of a notice, in events of several sizes."""

    def cpu(size: int) -> float:
        run = ways.invocation(size, 0, max(1, min(plan.notices // size, plan.most_events)))
        return run.cpu / run.notices * 1e6

    found = interleaved({str(size): partial(cpu, size) for size in plan.growth}, rounds)
    _, *smaller, largest = map(str, plan.growth)
    what = f"CPU of a notice, in an event of {int(largest):,}"
    rows = [
        Row(
            f"notices_cpu_growth_{size}",
            what,
            found[largest].over(found[size]),
            reference=f"of {int(size):,}",
        )
        for size in smaller
    ]
    return rows, {size: round(reading.median, 1) for size, reading in found.items()}


def _details(ways: Ways) -> dict[str, dict[str, float]]:
    """Medians of every way; a portal that was nearly always busy would have been what was measured."""
    return {
        name: {
            "notices": runs[0].notices,
            "calls": runs[0].calls,
            "notices_per_second": round(median(run.rate for run in runs), 1),
            "cpu_us_per_notice": round(median(run.cpu / run.notices for run in runs) * 1e6, 1),
            "portal_busy": round(max(run.portal_cpu / run.seconds for run in runs), 3),
        }
        for name, runs in ways.runs.items()
    }
