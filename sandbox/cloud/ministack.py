"""The local cloud: a process of its own that answers like AWS on one loopback port."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Self

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sandbox.cloud.guard import Key

ROOT = Path(__file__).parents[2]
STATE = ROOT / ".sandbox"
REGION = "cn-north-1"
READY_SECONDS = 60
STOP_SECONDS = 5
# Isolated: of the repository the local cloud sees what it starts with, and after all of its own.
_LAUNCH = "import sys; sys.path.append(sys.argv.pop()); from sandbox.cloud.launch import main; main()"


class SandboxError(Exception):
    """The sandbox cannot run; the message says what is missing or in the way. Show it and stop."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Cloud:
    """The local cloud, for as long as its `with` block lasts; port 0 takes a free one.

    It opens to its `key` alone, which is made for this one start.
    Waits that a function sets on records of a queue last `wait_scale` times as long as it asked for.

    Nothing is left behind: not its processes, not the functions' workers, not their temporary files.
    Its log is .sandbox/{name}-cloud.log.
    """

    def __init__(self, name: str, port: int = 0, python: str | None = None, *, wait_scale: float = 1) -> None:
        self._wait_scale = wait_scale
        self.port = port or free_port()
        self.key = Key.made()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log, self.sam_log = STATE / f"{name}-cloud.log", STATE / f"{name}-sam.log"
        given = python or os.environ.get("SANDBOX_PYTHON") or ".sandbox/venv/bin/python"
        self._python = ROOT / Path(given)

    @property
    def pid(self) -> int:
        """Its process, which leads a process group of its own."""
        return self._process.pid

    @property
    def environ(self) -> dict[str, str]:
        """What a program needs in its environment to talk to this cloud and to no other."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            **self.key.environ,
        }

    def client(self, service: str, *, read_timeout: float = 60) -> Any:
        session: Any = boto3.session.Session(
            aws_access_key_id=self.key.id,
            aws_secret_access_key=self.key.secret,
            region_name=REGION,
        )
        config = Config(read_timeout=read_timeout, retries={"total_max_attempts": 1})
        return session.client(service, endpoint_url=self.url, config=config)

    def __enter__(self) -> Self:
        if not self._python.exists():
            raise SandboxError(
                f"{self._python} does not exist: `make setup` installs the local cloud there, "
                "or SANDBOX_PYTHON names a Python 3.13 with ministack[full]"
            )
        self._refuse_taken_port()
        STATE.mkdir(exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(prefix="mozi-relay-sandbox-"))
        try:
            self._start()
            self._wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._stop()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _refuse_taken_port(self) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", self.port))
            except OSError:
                raise SandboxError(
                    f"port {self.port} is taken. End what listens there, or choose another port: "
                    "`python -m sandbox … --port 4600` or SANDBOX_PORT=4600"
                ) from None

    def _start(self) -> None:
        # An environment of its own: nothing of the caller's shell may reach the functions.
        environ = {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder),
            "STATE_DIR": f"{self.folder}/state",
            "S3_DATA_DIR": f"{self.folder}/s3",
            "GATEWAY_PORT": str(self.port),
            "BIND_HOST": "127.0.0.1",
            "AUTH": "true",
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "AWS_EC2_METADATA_DISABLED": "true",
            "PYTHONUNBUFFERED": "1",
            "WAIT_SCALE": str(self._wait_scale),
            **self.key.environ,
        }
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [self._python, "-I", "-c", _LAUNCH, ROOT],
                cwd=self.folder,
                env=environ,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _wait_until_ready(self) -> None:
        deadline, caller = time.monotonic() + READY_SECONDS, self.client("sts", read_timeout=2)
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise SandboxError(f"the local cloud ended at once; see {self.log}")
            try:
                caller.get_caller_identity()
            except (BotoCoreError, ClientError):
                time.sleep(0.1)
            else:
                return
        raise SandboxError(f"the local cloud was not ready within {READY_SECONDS} s; see {self.log}")

    def _stop(self) -> None:
        process = getattr(self, "_process", None)
        if process is None:
            return
        for sign in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(process.pid, sign)
            except ProcessLookupError:
                break
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                continue
        process.stdin.close()
