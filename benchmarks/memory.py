"""Measures the most memory that a function takes for the largest events that Lambda hands it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import artefacts, notice_input, processes
from benchmarks.aws_server import aws_server
from benchmarks.measuring import Budget, Measured, Reading, Row, interleaved
from benchmarks.outbound import write_event
from benchmarks.portal_server import ORG, NotAsClaimedError, PortalServer

MOST = Budget(140)
# A container takes one event after the other. The first makes most of the peak; later ones add ever less.
TIMES = 5
# The most SQS messages that template.yaml lets into one invocation.
RECORDS = 1000
TOKEN = "Wk3mVx8pQz5nRt7yLc2hJd9sGf4bKa6e"
SAMPLE = artefacts.ROOT / "events" / "callback-app-update.json"


@dataclass(frozen=True)
class Kind:
    """Notices of one kind, so many to a record."""

    what: str
    make: Callable[[int], dict[str, Any]]
    per_record: int = 100

    def event(self, size: int) -> tuple[dict[str, Any], int]:
        """An event of at most `size` bytes that has no room for another record; the notices in it."""
        one = notice_input.event([self.make(n) for n in range(self.per_record)], org=ORG, per_record=100)
        each, empty = notice_input.size(one) - len('{"Records":[]}'), len('{"Records":[]}')
        records = min(RECORDS, (size - empty + 1) // (each + 1))
        given = [self.make(n) for n in range(records * self.per_record)]
        return notice_input.event(given, org=ORG, per_record=self.per_record), len(given)


KINDS: Mapping[str, Kind] = {
    "typical": Kind("notices of 370 bytes", notice_input.notice),
    "smallest": Kind("the smallest notices", lambda n: {"messageId": f"n-{n:06}"}),
    # One character beyond the 65,536 of the basic plane makes Python hold all of a text in four bytes each.
    "wide": Kind("notices with an emoji", lambda n: notice_input.notice(n, body="😀" + "a" * 1800)),
    "largest": Kind("notices of 250 kB", lambda n: notice_input.notice(n, body="中" * 83_000), per_record=1),
}


def measure(
    rounds: int = 3,
    *,
    notice: Sequence[Path] | None = None,
    callback: Sequence[Path] | None = None,
    kinds: Mapping[str, Kind] = KINDS,
    size: int = notice_input.EVENT_BYTES,
) -> Measured:
    """Peaks in MB, of fresh processes.

    `notice` and `callback` are the folders that the functions see: what was built, unless given. Raises
    NotAsClaimedError if a function did not do what the event asks for.
    """
    cases: dict[str, Callable[[], float]] = {}
    details: dict[str, dict[str, object]] = {}
    with TemporaryDirectory() as folder, PortalServer() as portal, aws_server(TOKEN) as aws:
        for name, kind in kinds.items():
            event, count = kind.event(size)
            file = Path(folder) / name
            write_event(file, event)
            details[name] = {"bytes": notice_input.size(event), "notices": count}
            path = notice or artefacts.function("notice")
            cases[name] = partial(notice_peak, path, portal, file, count, details[name])
        file = Path(folder) / "callback"
        write_event(file, callback_event(size))
        details["callback"] = {"bytes": file.stat().st_size}
        path = callback or artefacts.function("callback")
        cases["callback"] = partial(callback_peak, path, aws, file, details["callback"])
        found = interleaved(cases, rounds)
    return Measured(tuple(_row(name, kinds, reading) for name, reading in found.items()), details)


def _row(name: str, kinds: Mapping[str, Kind], reading: Reading) -> Row:
    if name == "callback":
        return Row("memory_callback", "peak memory of callback, a full 6 MB body", reading, "MB", digits=0)
    what = f"peak memory of notice, a full 6 MB event: {kinds[name].what}"
    return Row(f"memory_notice_{name}", what, reading, "MB", budget=MOST, digits=0)


def notice_peak(
    path: Sequence[Path], portal: PortalServer, file: Path, notices: int, details: dict[str, object]
) -> float:
    portal.behave()
    here = {"ENOS_BASE_URL": portal.url, "AWS_ENDPOINT_URL": portal.url}
    environ = artefacts.ENVIRONS["notice"] | here
    found = processes.run("invoke", "notice.app", str(TIMES), str(file), path=path, environ=environ)
    portal.seen().expect(notices, times=TIMES)
    return _peak(found, details)


def callback_peak(path: Sequence[Path], aws: str, file: Path, details: dict[str, object]) -> float:
    environ = artefacts.ENVIRONS["callback"] | {"AWS_ENDPOINT_URL": aws}
    found = processes.run("invoke", "callback.app", str(TIMES), str(file), path=path, environ=environ)
    if any(one["status"] != 200 for one in found):
        raise NotAsClaimedError(f"the callback answered {[one['status'] for one in found]}")
    return _peak(found, details)


def _peak(found: list[dict[str, float]], details: dict[str, object]) -> float:
    details["at_start"], details["after_each"] = found[0]["peak_at_start"], [one["peak"] for one in found]
    return found[-1]["peak"]


def callback_event(size: int) -> dict[str, Any]:
    """A delivery of an event whose content fills `size` bytes."""
    event: dict[str, Any] = json.loads(SAMPLE.read_text("utf-8").replace("TOKEN", TOKEN))
    body = json.loads(event["body"])
    body["content"]["appName"] = ""
    event["body"] = json.dumps(body)
    body["content"]["appName"] = "x" * (size - notice_input.size(event))
    return event | {"body": json.dumps(body)}
