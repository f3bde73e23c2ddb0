"""Measures notices on their way to the portal: how fast, in how many calls, and in how much memory."""

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import accumulate, batched
from pathlib import Path
from statistics import mean

from benchmarks.results import Row, Rows, interleaved, ratio, worst
from benchmarks.subjects import PRODUCE_PATH, Json, NotAsClaimedError, Subject, compact, subject
from notice.dispatch.batches import BATCH_LIMIT
from notice.dispatch.dispatcher import WORKERS
from sandbox.cloud.ministack import ROOT

ORG, WARM_UP_ORG = "o-benchmark", "o-warm-up"
# By the portal's milliseconds.
LEAST_RATES = {20: 0.93, 200: 0.98}

RECORD = json.loads((ROOT / "events" / "notice-records.json").read_bytes())["Records"][0]
# What a portal of its own limit takes, and what it answers to more.
PORTAL_LIMIT = 50
TOO_MUCH: Mapping[str, Json] = {
    "500": {"too_much": [500, ""]},
    "504": {"too_much": [504, ""]},
    "no answer": {},
}

# The most that one invocation carries, and the most SQS messages that template.yaml lets into one.
EVENT_BYTES, RECORDS = 6_291_456, 1000
# A container takes one event after the other. The first makes most of the peak; later ones add ever less.
TIMES = 5


def notice(number: int, *, body: str = "请于三日内办结。") -> Json:
    """Returns one notice, of 370 bytes with that body, its members in the order that the relay writes."""
    header = f"第{number:06}号审批待办"
    return {
        "messageId": f"n-{number:06}",
        "messageType": 1,
        "appId": "todo-app-access-key",
        "url": f"https://todo.example.com/items/{number:06}",
        "body": {"defaultValue": body, "i18nValue": {"en_US": "Due in three days."}},
        "header": {
            "defaultValue": header,
            "i18nValue": {"en_US": f"Approval {number:06}", "zh_CN": header},
        },
        "targetType": 1,
        "targets": [f"u-{number % 997:03}", f"u-{number % 991:03}"],
    }


# What is made of a number, and how many of them a record holds.
LARGEST: Mapping[str, tuple[Callable[[int], Json], int]] = {
    "notices of 370 bytes": (notice, BATCH_LIMIT),
    "the smallest notices": (lambda number: {"messageId": f"n-{number:06}"}, BATCH_LIMIT),
    # One character beyond the 65,536 of the basic plane makes Python hold all of a text in four bytes each.
    "notices with an emoji": (lambda number: notice(number, body="😀" + "a" * 1800), BATCH_LIMIT),
    # As large as SQS takes a record.
    "the largest notices, with an emoji": (lambda number: notice(number, body="😀" + "a" * 1_040_000), 1),
}


def event(notices: Iterable[Json], org: str = ORG, each: int = BATCH_LIMIT) -> Json:
    """Returns an SQS event, its records as large as real ones, of so many notices each."""
    bodies = [{"orgId": org, "messages": part} for part in batched(notices, each, strict=False)]
    return {"Records": [_record(number, compact(body)) for number, body in enumerate(bodies)]}


def _record(number: int, body: str) -> Json:
    sent = str(int(time.time() * 1000))
    times = {"SentTimestamp": sent, "ApproximateFirstReceiveTimestamp": sent}
    return {
        **RECORD,
        "messageId": f"059f36b4-87a3-44ab-83d2-{number:012}",
        "receiptHandle": f"AQEB{number:06}" + "wJnKyrHigUMZj6rYigCgxlaS" * 15,
        "body": body,
        "attributes": {**RECORD["attributes"], **times},
    }


def sending(rounds: int = 5, path: list[Path] | None = None, count: int = 10_000) -> Rows:
    """Returns rates of sending as ratios to a bare HTTP loop of the same bodies, and the calls that it takes.

    Raises NotAsClaimedError unless every notice arrived once, either way.
    """
    rows: dict[str, Row] = {}
    seen: list[Json] = []
    with subject("notice", path) as ours:
        commands = _commands(ours, [notice(number) for number in range(count)])
        for milliseconds, least in LEAST_RATES.items():
            cases = {
                name: partial(_rate, ours, milliseconds, seen, given) for name, given in commands.items()
            }
            found = interleaved(cases, rounds)
            rows[f"notices_{milliseconds}ms"] = ratio(
                f"rate of sending {count:,} notices, a portal of {milliseconds} ms",
                found["ours"],
                found["bare"],
                against="a bare HTTP loop of the same bodies",
                unit="notices/s",
                limit=least,
                at_least=True,
            )
    if any((one["notices"], one["times"], one["digest"]) != (count, [1], seen[0]["digest"]) for one in seen):
        raise NotAsClaimedError(f"of {count} notices came {seen}")
    most, fewest = max(one["calls"] for one in seen), -(-count // BATCH_LIMIT)
    calls = Row(
        what=f"calls for {count:,} notices of one organisation",
        values=(most / fewest,),
        against=f"the fewest that carry them, of {BATCH_LIMIT} each",
        medians=f"{most} beside {fewest} calls",
        limit=1,
    )
    return {"notices_calls": calls, **rows}


def _commands(ours: Subject, notices: list[Json]) -> dict[str, list[str]]:
    """Ours and the bare loop; both send to another organisation before, to have connections and a token."""
    sent = {WARM_UP_ORG: notices[: WORKERS * BATCH_LIMIT], ORG: notices}
    # Bodies of produce calls, byte for byte what the relay makes of these notices.
    bodies = [
        {
            "url": f"{ours.url}{PRODUCE_PATH}?orgId={org}",
            "bodies": [compact({"messages": part}) for part in batched(some, BATCH_LIMIT, strict=False)],
        }
        for org, some in sent.items()
    ]
    events = ours.file("events", [event(some, org) for org, some in sent.items()])
    return {
        "ours": ["dispatch", events],
        "bare": ["bare_loop", str(WORKERS), ours.token, ours.file("bodies", bodies)],
    }


def _rate(ours: Subject, milliseconds: int, seen: list[Json], command: Sequence[str]) -> float:
    """Notices a second; what the portal saw is added to `seen`."""
    ours.behave(delay=milliseconds / 1000)
    *_, spent = ours.run(*command)
    seen.append(one := ours.seen()[ORG])
    return float(one["notices"] / spent["seconds"])


def poison(path: list[Path] | None = None, size: int = 100) -> Rows:
    """Returns the calls at worst and on average that find the one notice of a batch that the portal refuses.

    It is tried at every position, once. Raises NotAsClaimedError unless it alone is rejected each time.
    """
    batches = [[{**notice(n), "messageId": f"n-{batch}-{n}"} for n in range(size)] for batch in range(size)]
    with subject("notice", path) as ours:
        events = ours.file("events", [event(one, f"o-{number}") for number, one in enumerate(batches)])
        ours.behave(refuse={f"n-{number}-{number}": "poison" for number in range(size)})
        found = ours.run("dispatch", events, "apart")
        calls = [seen["calls"] for seen in ours.seen().values()]
    if any((one["accepted"], one["rejected"]) != (size - 1, 1) for one in found):
        raise NotAsClaimedError(f"one poison notice among {size}: {found}")
    rows = {"worst": ("at worst", max(calls), 11), "mean": ("on average", mean(calls), 10)}
    what = "calls that find one poison notice among 100"
    return {
        f"poison_{key}": Row(what=f"{what}, {which}", values=(count,), limit=limit, unit="calls", digits=1)
        for key, (which, count, limit) in rows.items()
    }


def limited(path: list[Path] | None = None, few: int = 300, many: int = 10_000) -> Rows:
    """Returns the calls at a portal that takes only PORTAL_LIMIT at once: a container's first, and more.

    Those at its worst answer. Raises NotAsClaimedError unless all are accepted at their first receive.
    """
    parts = [notice(number) for number in range(few)], [notice(few + number) for number in range(many)]
    learning: list[int] = []
    later: list[int] = []
    with subject("notice", path) as ours:
        events = ours.file("events", [event(part) for part in parts])
        for answer in TOO_MUCH.values():
            ours.behave(largest=PORTAL_LIMIT, **answer)
            first, then = ours.run("dispatch", events)
            if (first["accepted"], then["accepted"]) != (few, many):
                raise NotAsClaimedError(f"of {few} and {many} notices at a limit came {first}, {then}")
            sums = list(accumulate(ours.seen()[ORG]["took"]))
            learning.append(1 + sums.index(few))
            later.append(len(sums) - learning[-1])
    fewest = -(-many // PORTAL_LIMIT)
    what = f"calls for {few:,} notices, a portal that takes {PORTAL_LIMIT} at once: {', '.join(TOO_MUCH)}"
    return {
        "limit_learned": Row(what=what, values=(max(learning),), limit=12, unit="calls", digits=0),
        "limit_kept": Row(
            what=f"calls for {many:,} more",
            values=(max(later) / fewest,),
            against=f"the fewest that carry them, of {PORTAL_LIMIT} each",
            medians=f"{max(later)} beside {fewest} calls",
            limit=1.15,
        ),
    }


def memory(rounds: int = 3, path: list[Path] | None = None, size: int = EVENT_BYTES) -> Rows:
    """Returns the peak of processes that are handed the largest event TIMES, for the kind that takes most.

    Raises NotAsClaimedError unless the portal took every notice each time.
    """
    with subject("notice", path) as ours:

        def peak(make: Callable[[int], Json], each: int) -> float:
            count = _most(make, each, size)
            file = ours.file("event", event(map(make, range(count)), each=each))
            ours.behave()
            found = ours.run("invoke", "notice.app", str(TIMES), file)
            if (seen := ours.seen()[ORG])["notices"] != count or seen["times"] != [TIMES]:
                raise NotAsClaimedError(f"{TIMES} times {count} notices were sent, seen {seen}")
            return float(found[-1]["peak"])

        found = interleaved({name: partial(peak, *shape) for name, shape in LARGEST.items()}, rounds)
    return {"memory": worst("peak memory of `notice` on a full 6 MB event", found, "MB", 140, digits=0)}


def _most(make: Callable[[int], Json], each: int, size: int) -> int:
    """Returns how many notices an event of at most `size` bytes holds that has no room for another record."""
    given = (event(map(make, range(count)), each=each) for count in (each, 0))
    one, empty = (len(compact(each_event).encode()) for each_event in given)
    return each * min(RECORDS, (size - empty + 1) // (one - empty + 1))
