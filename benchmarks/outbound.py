"""Ways of sending notices, measured side by side: each has to bring every notice to the portal once."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from benchmarks import artefacts, notice_input, processes
from benchmarks.portal_server import ORG, WARM_UP_ORG, NotAsClaimedError, PortalServer, target
from notice.dispatch.batches import BATCH_LIMIT
from notice.dispatch.dispatcher import WORKERS

# Enough for as many connections as there are workers.
_WARM_UP = WORKERS * BATCH_LIMIT


@dataclass(frozen=True)
class Run:
    """What sending so many notices took: seconds, seconds of CPU here and in the portal."""

    notices: int
    calls: int
    seconds: float
    cpu: float
    portal_cpu: float

    @property
    def rate(self) -> float:
        """Notices a second."""
        return self.notices / self.seconds


@dataclass(frozen=True)
class Sent:
    """So many notices, `per_call` to a call, all of them `times`; the portal's latency in ms."""

    notices: int
    latency: int
    times: int
    per_call: int = BATCH_LIMIT

    @property
    def calls(self) -> int:
        return -(-self.notices // self.per_call) * self.times

    def digest(self) -> str:
        """Of the bodies, as children/portal.py reckons it."""
        bodies = notice_input.bodies(notice_input.notices(self.notices), self.per_call)
        return sha256(b"\n".join(sorted(body.encode() for body in bodies * self.times))).hexdigest()


class Ways:
    """Ways of sending to one portal, each run in a fresh process.

    `path` is where they find the function and its layer, `docs` where the way of the documentation finds its
    module and Powertools, of which the layer has less. `folder` takes what they send.
    """

    def __init__(
        self, portal: PortalServer, *, path: Sequence[Path], docs: Sequence[Path], folder: Path
    ) -> None:
        self._portal, self._path, self._folder = portal, path, folder
        self._docs = docs
        self._file = cache(self._written)
        self.runs: defaultdict[str, list[Run]] = defaultdict(list)
        """Every run so far, by the way's name and the portal's latency in ms."""

    def dispatcher(self, notices: int, latency: int, times: int = 1) -> Run:
        """Ours from notices to outcomes."""
        files = self._event(ORG, notices), self._event(WARM_UP_ORG, _WARM_UP)
        return self._run("dispatcher", Sent(notices, latency, times), "dispatch", str(times), *files)

    def invocation(self, notices: int, latency: int, times: int = 1) -> Run:
        """Ours from the event to Lambda's answer: reading, checks, log and metrics included."""
        files = self._event(ORG, notices), self._event(WARM_UP_ORG, _WARM_UP)
        sent = Sent(notices, latency, times)
        return self._run("invocation", sent, "invoke", "notice.app", str(times), *files)

    def bare(self, notices: int, latency: int, times: int = 1, *, per_call: int = BATCH_LIMIT) -> Run:
        """A bare HTTP loop with as many threads as ours: bodies that are ready, or a call for each notice."""
        name = "bare loop" if per_call == BATCH_LIMIT else "bare loop, one call per notice"
        url, url_before = (self._portal.url + target(org) for org in (ORG, WARM_UP_ORG))
        file, before = self._bodies(notices, per_call), self._bodies(WORKERS * per_call, per_call)
        arguments = str(WORKERS), self._portal.token, str(times), url, file, url_before, before
        return self._run(name, Sent(notices, latency, times, per_call), "bare_loop", *arguments)

    def by_the_docs(self, notices: int, latency: int) -> Run:
        """As Powertools' page has it: a notice to a record, and one call after the other."""
        files = self._event(ORG, notices, 1), self._event(WARM_UP_ORG, 1, 1)
        arguments = "by_the_docs.notice_per_record", "1", *files
        return self._run("by the docs", Sent(notices, latency, 1, 1), "invoke", *arguments, path=self._docs)

    def _run(self, name: str, sent: Sent, *command: str, path: Sequence[Path] | None = None) -> Run:
        self._portal.behave(latency=sent.latency / 1000)
        found = processes.run(*command, path=path or self._path, environ=self._environ())
        seen = self._portal.seen()
        seen.expect(sent.notices, calls=sent.calls, times=sent.times)
        if seen.digest != sent.digest():
            raise NotAsClaimedError(f"{name}: what came is not what the others send")
        seconds, cpu = (sum(one[key] for one in found) for key in ("seconds", "cpu"))
        run = Run(sent.notices * sent.times, seen.calls, seconds, cpu, seen.cpu)
        self.runs[f"{name}, {sent.latency} ms"].append(run)
        return run

    def _environ(self) -> dict[str, str]:
        here = {"ENOS_BASE_URL": self._portal.url, "AWS_ENDPOINT_URL": self._portal.url}
        return artefacts.ENVIRONS["notice"] | here

    def _event(self, org: str, notices: int, per_record: int = BATCH_LIMIT) -> str:
        return self._file("event", org, notices, per_record)

    def _bodies(self, notices: int, per_call: int) -> str:
        return self._file("bodies", "", notices, per_call)

    def _written(self, kind: str, org: str, notices: int, each: int) -> str:
        file = self._folder / f"{kind}-{org}-{notices}-{each}"
        given = notice_input.notices(notices)
        if kind == "bodies":
            file.write_text("\n".join(notice_input.bodies(given, each)), "utf-8")
        else:
            write_event(file, notice_input.event(given, org=org, per_record=each))
        return str(file)


def write_event(file: Path, event: dict[str, Any]) -> None:
    """Raises NotAsClaimedError about an event that is larger than Lambda's largest."""
    if notice_input.size(event) > notice_input.EVENT_BYTES:
        raise NotAsClaimedError(f"an event of {notice_input.size(event):,} bytes would never arrive")
    file.write_text(notice_input.compact(event), "utf-8")
