"""A portal in a process of its own, so that what it costs is not counted with what is measured."""

import json
import subprocess
from collections.abc import Collection
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.request import Request, urlopen

from benchmarks import processes

PRODUCE_PATH = "/app-portal/api/v3/notice-message/produce"
ORG, WARM_UP_ORG = "o-benchmark", "o-warm-up"


class NotAsClaimedError(Exception):
    """What was measured did not do its work, so that its time says nothing."""


@dataclass(frozen=True)
class Seen:
    """What came from one organisation since the portal was last told how to behave.

    `times` holds how often each notice was taken, if that was not the same for all each of the numbers;
    `digest` tells whether two cases sent the same bodies; `cpu` is the portal's own, in seconds.
    """

    calls: int
    notices: int
    times: list[int]
    digest: str
    cpu: float

    def expect(self, notices: int, *, calls: int | None = None, times: int = 1) -> None:
        """Raises NotAsClaimedError unless so many notices were taken, each so many times."""
        found = (self.notices, self.times, self.calls)
        if found != (notices, [times], self.calls if calls is None else calls):
            raise NotAsClaimedError(
                f"the portal took {self.notices} notices, each {self.times} times, in {self.calls} calls; "
                f"expected were {notices}, each {times} times" + (f", in {calls} calls" if calls else "")
            )


class PortalServer:
    """The portal at `url` for as long as a `with` block lasts.

    It takes every batch that comes with its `token`, at once, until told otherwise.
    """

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            processes.command("portal"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None  # noqa: S101
        started = json.loads(self._process.stdout.readline())
        self.url: str = started["url"]
        self.token: str = started["token"]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # The end of its input is the end of it.
        self._process.communicate(timeout=30)

    def behave(self, *, latency: float = 0, refuse: Collection[str] = (), status: int | None = None) -> None:
        """Forget what came; from now on answer after `latency` seconds, refuse, or fail with a status."""
        self._ask("/behave", {"latency": latency, "refuse": list(refuse), "status": status})

    def seen(self, org_id: str = ORG) -> Seen:
        return Seen(**self._ask("/seen", target(org_id)))

    def _ask(self, path: str, given: object) -> dict[str, Any]:
        request = Request(self.url + path, json.dumps(given).encode())  # noqa: S310
        with urlopen(request, timeout=60) as response:  # noqa: S310
            answer: dict[str, Any] = json.load(response)
        return answer


def target(org_id: str) -> str:
    return f"{PRODUCE_PATH}?orgId={org_id}"
