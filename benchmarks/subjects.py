"""Functions, vendors and references, in processes that see nothing but the folders they are given."""

import compileall
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from py_compile import PycInvalidationMode
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import Request, urlopen

from sandbox.cloud.ministack import ROOT, SandboxError
from sandbox.cloud.sam import BUILT

LAYER = BUILT / "RelayLayer" / "python"
STOCK = ROOT / ".bench"
CHILDREN = Path(__file__).parent / "children"

BOTOCORE = "botocore jmespath python-dateutil urllib3 six"
# What the by-the-docs stack imports, besides.
POWERTOOLS = (
    "boto3 s3transfer aws-lambda-powertools aws-xray-sdk wrapt pydantic pydantic-core annotated-types "
    "typing-extensions typing-inspection"
)
# As on Lambda: no user's settings, credentials that are only there to sign with.
ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "cn-north-1",
    "AWS_REGION": "cn-north-1",
    "AWS_ACCESS_KEY_ID": "benchmark",
    "AWS_SECRET_ACCESS_KEY": "benchmark",
    "AWS_EC2_METADATA_DISABLED": "true",
    "PATH": os.defpath,
    "PYDANTIC_DISABLE_PLUGINS": "__all__",
    "STACK_NAME": "relay",
}
_ARN = "arn:aws-cn:{}:cn-north-1:111122223333:{}"
PRODUCE_PATH = "/app-portal/api/v3/notice-message/produce"
# Variables as the template sets them, with values that only have to look right.
_CALLBACK = {
    "EVENT_TABLE": "events",
    "EVENT_TOPIC_ARN_PREFIX": _ARN.format("sns", "relay-event-"),
    "PAYLOAD_BUCKET": "payloads",
    "CALLBACK_TOKEN_SECRET_ARN": _ARN.format("secretsmanager", "secret:token"),
    "EVENT_RETENTION_DAYS": "90",
}
ENVIRONS = {
    "callback": _CALLBACK,
    "notice": {
        "ENOS_BASE_URL": "https://portal.example",
        "ENOS_PRODUCE_PATH": PRODUCE_PATH,
        "ENOS_CREDENTIALS_SECRET_ARN": _ARN.format("secretsmanager", "secret:enos"),
        "NOTICE_QUEUE_URL": "https://sqs.cn-north-1.amazonaws.com.cn/111122223333/notices",
        "NOTICE_DEAD_LETTER_QUEUE_URL": "https://sqs.cn-north-1.amazonaws.com.cn/111122223333/dead",
        "NOTICE_OUTCOME_TOPIC_ARN": _ARN.format("sns", "relay-notice-outcome"),
        "MALLOC_MMAP_THRESHOLD_": "131072",
    },
    "by-the-docs": {
        **_CALLBACK,
        "IDEMPOTENCY_TABLE": "idempotency",
        "POWERTOOLS_SERVICE_NAME": "callback-by-the-docs",
        "POWERTOOLS_METRICS_NAMESPACE": "ByTheDocs",
    },
}

type Json = dict[str, Any]


class NotAsClaimedError(SandboxError):
    """What was measured did not do its work, so that its time says nothing: the run ends without a record."""


def function(name: str) -> list[Path]:
    """Returns the folders that a deployed function sees: its own, and the layer."""
    return [BUILT / f"{name.capitalize()}Function", LAYER]


def stock(name: str, distributions: str, *modules: Path) -> list[Path]:
    """Returns a folder with distributions of this environment as their authors ship them, and with byte-code.

    Byte-code is what the functions have too: without it, every reference would take about twice as long.
    """
    folder = STOCK / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for each in distributions.split():
        for file in distribution(each).files or ():
            if ".." not in file.parts and file.suffix != ".pyc":
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(file.locate(), folder / file)
    for module in modules:
        shutil.copy2(module, folder)
    compileall.compile_dir(folder, quiet=1, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
    return [folder]


def run(program: str, *arguments: str, path: Iterable[Path], environ: Mapping[str, str]) -> Any:
    """Returns what a program of children/ prints as its last line, in JSON. Raises NotAsClaimedError."""
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


@dataclass(frozen=True)
class Subject:
    """One function, and its portal and AWS in a process of their own, whose time is counted with nothing."""

    path: list[Path]
    environ: Mapping[str, str]
    folder: Path
    url: str
    token: str

    def run(self, program: str, *arguments: str) -> Any:
        """Returns what a program prints that sees the function. Raises NotAsClaimedError."""
        return run(program, *arguments, path=self.path, environ=self.environ)

    def file(self, name: str, given: object) -> str:
        """Write what a program reads as JSON, and return where that is."""
        file = self.folder / name
        file.write_text(compact(given), "utf-8")
        return str(file)

    def behave(self, **faults: object) -> None:
        """Forget what came, and have the portal misbehave as its `break_down` names it."""
        self._ask("/behave", faults)

    def seen(self) -> Json:
        """Returns, by organisation, the portal's calls and what they brought; see children/vendors.py."""
        return dict(self._ask("/seen", {}))

    def _ask(self, path: str, given: object) -> Any:
        request = Request(self.url + path, json.dumps(given).encode())  # noqa: S310 - on loopback
        with urlopen(request, timeout=60) as response:  # noqa: S310 - on loopback
            return json.load(response)


@contextmanager
def subject(name: str, path: list[Path] | None = None) -> Iterator[Subject]:
    """Yields a function for as long as the block lasts, as it was built unless a path says otherwise."""
    command = _command("vendors")
    with (
        TemporaryDirectory() as folder,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process,
    ):
        assert process.stdout is not None  # noqa: S101 - by PIPE
        try:
            vendors = json.loads(process.stdout.readline())
            url = vendors["url"]
            environ = {**ENVIRONS[name], "ENOS_BASE_URL": url, "AWS_ENDPOINT_URL": url}
            yield Subject(path or function(name), environ, Path(folder), **vendors)
        finally:
            # The end of its input is the end of it.
            process.communicate(timeout=30)


def _command(program: str, *arguments: str) -> list[str]:
    """Without site-packages, and without writing byte-code, as Lambda runs it."""
    return [os.path.realpath(sys.executable), "-S", "-B", str(CHILDREN / f"{program}.py"), *arguments]


def compact(given: object) -> str:
    return json.dumps(given, ensure_ascii=False, separators=(",", ":"))
