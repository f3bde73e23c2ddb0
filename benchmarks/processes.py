"""Runs the programs of children/ in fresh processes that see nothing but the folders they are given."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from sandbox.cloud.ministack import SandboxError

CHILDREN = Path(__file__).parent / "children"
# As on Lambda: no user's settings, credentials that are only there to sign with.
ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "cn-north-1",
    "AWS_REGION": "cn-north-1",
    "AWS_ACCESS_KEY_ID": "benchmark",
    "AWS_SECRET_ACCESS_KEY": "benchmark",
    "AWS_EC2_METADATA_DISABLED": "true",
    "PATH": os.defpath,
}


class NotAsClaimedError(SandboxError):
    """What was measured did not do its work, so that its time says nothing: the run ends without a record."""


def run(program: str, *arguments: str, path: Iterable[Path], environ: Mapping[str, str]) -> Any:
    """Returns what a program prints as its last line, in JSON. Raises NotAsClaimedError."""
    done = subprocess.run(
        _command(program, *arguments),
        env={**ENVIRONMENT, **environ, "PYTHONPATH": os.pathsep.join(map(str, path))},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NotAsClaimedError(f"{program} {' '.join(arguments)}: {done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


class Vendors:
    """The stand-in portal and AWS in a process of their own: what they cost is counted with nothing."""

    def __init__(self, url: str, token: str) -> None:
        self.url, self.token = url, token
        self.environ = {"ENOS_BASE_URL": url, "AWS_ENDPOINT_URL": url}

    def behave(self, **faults: object) -> None:
        """Forget what came, and have the portal misbehave as its `break_down` names it."""
        self._ask("/behave", faults)

    def seen(self) -> dict[str, Any]:
        """Returns, by organisation, the portal's calls and what they brought; see children/vendors.py."""
        return dict(self._ask("/seen", {}))

    def _ask(self, path: str, given: object) -> Any:
        request = Request(self.url + path, json.dumps(given).encode())  # noqa: S310
        with urlopen(request, timeout=60) as response:  # noqa: S310
            return json.load(response)


@contextmanager
def vendors() -> Iterator[Vendors]:
    """Yields them for as long as the block lasts."""
    command = _command("vendors")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None  # noqa: S101
        try:
            yield Vendors(**json.loads(process.stdout.readline()))
        finally:
            # The end of its input is the end of it.
            process.communicate(timeout=30)


def _command(program: str, *arguments: str) -> list[str]:
    """Without site-packages, and without writing byte-code, as Lambda runs it."""
    return [os.path.realpath(sys.executable), "-S", "-B", str(CHILDREN / f"{program}.py"), *arguments]
