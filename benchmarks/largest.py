"""Measures what the largest events take: memory of the notice function, processor time of the callback."""

import base64
import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import artefacts, processes
from benchmarks.notice_input import EVENT_BYTES, Json, compact, event, notice
from benchmarks.record import Budget, Row, Rows, interleaved
from benchmarks.warm_callback import EVENT
from relay.reading.forms import DEEPEST_NAME, MOST_FIELDS

# A container takes one event after the other. The first makes most of the peak; later ones add ever less.
TIMES = 5
# The most SQS messages that template.yaml lets into one invocation.
RECORDS = 1000
# What is left of Lambda's 6 MB in base64.
BODY_BYTES = 4_400_000

NOTICES: Mapping[str, Callable[[int], Json]] = {
    "notices of 370 bytes": notice,
    "the smallest notices": lambda number: {"messageId": f"n-{number:06}"},
    # One character beyond the 65,536 of the basic plane makes Python hold all of a text in four bytes each.
    "notices with an emoji": lambda number: notice(number, body="😀" + "a" * 1800),
}
PLAIN = "plain JSON"
# As many as are read at all, each of the most steps.
FIELDS = "".join(f"&f{number}{'[a]' * DEEPEST_NAME}=1" for number in range(MOST_FIELDS - 2))
TWICE = '{"callbackMessageId":[],"dispatchId":1,"dispatchId":2'
# A part that comes again and again, between a beginning and an end.
BODIES: Mapping[str, tuple[str, str, str]] = {
    PLAIN: ('{"content":{"appName":"', "x", '"}}'),
    "a form of fields without a value": ("", "a&", ""),
    "a form of equal fields": ("content=1", "&a=1", ""),
    "a percent-encoded form": ("content=", "%41", ""),
    "a form of nested names": ("content[a][]=1", "&content[a][]=1", ""),
    "one name nested deep": ("content", "[a]", "=1"),
    "percent signs": ("content=", "%", ""),
    "the most fields of a form, percent-encoded text": (f"content=1{FIELDS}&more=", "%41", ""),
    "the most fields of a form, numbers": (f"content=1{FIELDS}&infos=[1", ",1", "]"),
    "nested arrays": ("", "[", ""),
    "the most objects": ('{"content":[1', ',{"aa":1}', "]}"),
    "the most objects, a field that comes twice": (f'{TWICE},"content":[1', ',{"aa":1}', "]}"),
    "numbers in callbackData": ('{"callbackData":{"content":[1', ",1", "]}}"),
    "numbers, and slips to mend": ('{"content":["\t"', ",1", "]},"),
    "control characters in strings": ('{"content":["\t"', ',"\t"', "]}"),
    "texts that begin like numbers": ('{"content":[1', ',"\\u00001"', "]}"),
    "an array of numbers": ('{"content":[1', ",1", "]}"),
    "one long number": ('{"content":1', "1", "}"),
    "members of one name": ('{"content":{"a":1', ',"a":1', "}}"),
    "escaped text": ('{"content":"', '\\"', '"}'),
}


def memory(rounds: int = 3, path: list[Path] | None = None, size: int = EVENT_BYTES) -> Rows:
    """Returns the peak of processes that are handed the largest event TIMES, for the kind that takes most.

    Raises NotAsClaimedError unless the portal took every notice each time.
    """
    with TemporaryDirectory() as folder, processes.vendors() as vendors:
        environ = artefacts.ENVIRONS["notice"] | vendors.environ

        def peak(make: Callable[[int], Json]) -> float:
            given, count = _filled(make, size)
            file = Path(folder) / "event"
            file.write_text(compact(given), "utf-8")
            vendors.behave()
            where = path or artefacts.function("notice")
            found = processes.run("invoke", "notice.app", str(TIMES), str(file), path=where, environ=environ)
            if (seen := vendors.seen()["o-benchmark"])["notices"] != count or seen["times"] != [TIMES]:
                raise processes.NotAsClaimedError(f"{TIMES} times {count} notices were sent, seen {seen}")
            return float(found[-1]["peak"])

        found = interleaved({name: partial(peak, make) for name, make in NOTICES.items()}, rounds)
    return {"memory": _worst("peak memory of `notice` on a full 6 MB event", found, "MB", 140, digits=0)}


def body(rounds: int = 3, path: list[Path] | None = None, size: int = BODY_BYTES) -> Rows:
    """Returns the CPU of a callback with a body of that size, for the shape that takes most.

    Raises NotAsClaimedError about any answer but 成功.
    """
    with TemporaryDirectory() as folder, processes.vendors() as vendors:
        environ = artefacts.ENVIRONS["callback"] | vendors.environ
        small = Path(folder) / "small"
        small.write_text(EVENT.read_text("utf-8").replace("TOKEN", "TOKEN" * 6), "utf-8")

        def seconds(shape: tuple[str, str, str]) -> float:
            begin, part, end = shape
            text = begin + part * ((size - len(begin + end)) // len(part)) + end
            encoded = {"body": base64.b64encode(text.encode()).decode(), "isBase64Encoded": True}
            file = Path(folder) / "large"
            file.write_text(compact(json.loads(small.read_text("utf-8")) | encoded), "utf-8")
            where = path or artefacts.function("callback")
            command = ("invoke", "callback.app", "1", str(file), str(small))
            (found,) = processes.run(*command, path=where, environ=environ)
            if found["status"] != 200:
                raise processes.NotAsClaimedError(f"{text[:20]}… was answered {found['status']}")
            return float(found["cpu"])

        found = interleaved({name: partial(seconds, shape) for name, shape in BODIES.items()}, rounds)
    what = f"CPU of a callback with a body of {size / 1e6:g} MB"
    return {"body": _worst(what, found, "s", 1, against=f"{PLAIN}: {median(found[PLAIN]):.2g} s")}


def _worst(what: str, found: Mapping[str, list[float]], unit: str, limit: float, **more: Any) -> Row:
    """The row of the case that takes most; beside it the one that takes least."""
    worst, least = (choose(found, key=lambda name: median(found[name])) for choose in (max, min))
    more.setdefault("against", f"{least}: {median(found[least]):.3g} {unit}")
    what = f"{what}, the worst of {len(found)} shapes: {worst}"
    values = tuple(round(value, 3) for value in found[worst])
    return Row(what=what, values=values, unit=unit, budget=Budget(limit=limit), **more)


def _filled(make: Callable[[int], Json], size: int) -> tuple[Json, int]:
    """An event of at most `size` bytes that has no room for another record, and the notices in it."""
    one, empty = (len(compact(event(map(make, range(count)))).encode()) for count in (100, 0))
    count = 100 * min(RECORDS, (size - empty + 1) // (one - empty + 1))
    return event(map(make, range(count))), count
