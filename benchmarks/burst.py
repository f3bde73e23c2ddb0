"""A burst of callbacks against the sandbox, beside the same burst against an empty function there."""

import math
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from benchmarks.burst_events import BurstEvent, Outcome, events, outcome
from benchmarks.empty_function import empty_function
from benchmarks.measuring import Budget, Measured, Reading, Row, interleaved, single
from benchmarks.posting import Post, Posted, Poster
from sandbox.delivery import Attempt
from sandbox.deploy import Stack
from sandbox.inbound_steps import kept_events
from sandbox.stage import HURRY, Stage, stage
from sandbox.steps import Arrivals
from sandbox.subscribers import Subscribers

AT_ONCE = 16
LIMIT_SECONDS = 300
ARRIVAL_SECONDS = 60


class Slice(NamedTuple):
    """A part of the burst, and how many cores the local cloud's process used for it."""

    posted: Posted
    busy: float


class Burst:
    """Posts events to a deployed callback, and then accounts for every one of them."""

    def __init__(self, running: Stage, subscribers: Subscribers) -> None:
        self._stack, self._subscribers = running.stack, subscribers
        self._arrivals = Arrivals(subscribers)
        self._sent: list[BurstEvent] = []
        self.posted: list[Posted] = []

    def post(self, burst: list[BurstEvent]) -> Posted:
        """Post all of them. Raises NotAsClaimedError if one is not answered 成功 in the end."""
        self._sent += burst
        self.posted.append(_post(self._stack, burst, self._stack.token(), lambda attempt: attempt.ok))
        return self.posted[-1]

    def outcome(self) -> Outcome:
        """What became of all that was posted, once all has arrived or the time is up."""
        self._arrivals.wait(len(self._sent), ARRIVAL_SECONDS, lambda *_: None)
        received = {slug: self._arrivals.on(slug) for slug in self._subscribers.urls}
        return outcome(self._sent, received, kept_events(self._stack))


def measure(rounds: int = 4, *, count: int = 1000) -> Measured:
    """Rates as a ratio, `count` events in as many slices as there are rounds.

    Raises NotAsClaimedError if any event was lost, doubled or altered, or is not kept as published.
    """
    with (
        stage("burst", lambda _: nullcontext(), wait_scale=HURRY) as running,
        empty_function(running.cloud) as empty,
    ):
        burst = Burst(running, Subscribers(running.stack))
        return _measured(rounds, count // rounds, running, burst, empty)


def _measured(rounds: int, size: int, running: Stage, burst: Burst, empty: Stack) -> Measured:
    slices = {"callback": list[Slice](), "empty": list[Slice]()}
    pid = running.cloud.pid

    def posted(name: str) -> float:
        made, before = events(size), _cpu(pid)
        done = burst.post(made) if name == "callback" else _to_empty(empty, made)
        slices[name].append(Slice(done, (_cpu(pid) - before) / done.seconds))
        return done.rate

    cases = {name: partial(posted, name) for name in slices}
    # The first slice of each starts as many functions as there are deliveries at once, and is not counted.
    interleaved(cases, 1)
    found = interleaved(cases, rounds)
    result = burst.outcome()
    result.expect_none()
    details = {
        # The post, and of ours the event's claim, its publishing and its mark.
        "callback": _details(slices["callback"], running.stack, requests=4),
        "empty": _details(slices["empty"], empty, requests=1),
    }
    return Measured(tuple(_rows(found, result, size * rounds)), {"at_once": AT_ONCE, **details})


def _rows(found: Mapping[str, Reading], result: Outcome, count: int) -> Iterable[Row]:
    what = f"rate of a burst of {count:,} callbacks, {AT_ONCE} at once"
    ratio = found["callback"].over(found["empty"])
    yield Row("burst_rate", what, ratio, reference="an empty function on the same sandbox")
    for key, wrong in (("lost", result.lost), ("doubled", result.doubled)):
        what = f"events of the burst that subscribers {'missed' if key == 'lost' else 'got twice'}"
        yield Row(f"burst_{key}", what, single(wrong), unit="events", budget=Budget(0), digits=0)


def _details(slices: Sequence[Slice], stack: Stack, requests: int) -> dict[str, object]:
    """The first slice is the warm-up; `busy` are the cores that a process used, the functions' own apart.

    The local cloud is one Python process, so that more than one core is out of its reach.
    """
    (warm_up, _), *counted = slices
    answers = sum((done.answers for done, _ in counted), Counter[str]())
    return {
        "warm_up": {"posts": warm_up.posts, "seconds": round(warm_up.seconds, 2), "repeats": warm_up.repeats},
        "posts_per_second": [round(done.rate, 1) for done, _ in counted],
        "answers": dict(answers),
        "environments": _environments(stack),
        "requests_to_the_local_cloud_per_post": requests,
        "client_busy": [round(done.cpu / done.seconds, 2) for done, _ in counted],
        "local_cloud_busy": [round(busy, 2) for _, busy in counted],
    }


def _environments(stack: Stack) -> int:
    """How many processes the local cloud has started for a stack's callback function: each has a folder."""
    name, _, _ = stack.outputs["CallbackFunctionName"].partition(":")
    return len(list(stack.cloud.folder.glob(f"ministack-lambda-{name}-*")))


def _cpu(pid: int) -> float:
    """Seconds of CPU that a process has used so far; not a number where there is no /proc."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return math.nan
    # After the name, which stands in parentheses: utime and stime are fields 14 and 15 of all.
    user, system = stat.read_text("utf-8").rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _to_empty(empty: Stack, burst: Iterable[BurstEvent]) -> Posted:
    return _post(empty, burst, "no-token", lambda attempt: attempt.status == 200)


def _post(stack: Stack, burst: Iterable[BurstEvent], token: str, taken: Callable[[Attempt], bool]) -> Posted:
    """Each event to its own address, which names its slug."""
    path = urlsplit(stack.callback_url).path
    posts = [Post(f"{path}/{token}/{event.slug}", event.body) for event in burst]
    return Poster(stack.cloud.url, AT_ONCE, taken).post(posts, LIMIT_SECONDS)
