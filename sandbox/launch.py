"""Runs the local cloud: started by the interpreter that has ministack and nothing else.

ministack starts Lambda functions with `sys.executable` and so with all that is installed for itself.
Here they get a bare interpreter without site-packages: what a function imports must be its own or its
layer's, as on Lambda.
"""

import importlib
import os
import shlex
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

App = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


def bare_interpreter(folder: Path) -> Path:
    """A Python command that sees the standard library only."""
    script = folder / "lambda-python"
    base = shlex.quote(getattr(sys, "_base_executable", sys.executable))
    script.write_text(f'#!/bin/sh\nexec {base} -I -S "$@"\n', "utf-8")
    script.chmod(0o755)
    return script


def behind_tls(app: App) -> App:
    """The cloud as behind a proxy that ends TLS: AWS is, and the template refuses what comes without."""

    async def secure(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            scope = {**scope, "headers": [*scope["headers"], (b"x-forwarded-proto", b"https")]}
        await app(scope, receive, send)

    return secure


def hurry_waits(queues: Any, scale: float) -> None:
    """Let a record that a function hides from itself come back after that part of the time it asked for."""
    hide = queues._HANDLERS["ChangeMessageVisibilityBatch"]

    def hurried(data: dict[str, Any], url: str) -> Any:
        answer, now = hide(data, url), time.time()
        hidden = {entry["ReceiptHandle"] for entry in data["Entries"]}
        for message in queues._get_q(data["QueueUrl"])["messages"]:
            if message["receipt_handle"] in hidden:
                message["visible_at"] = now + max(0.0, message["visible_at"] - now) * scale
        return answer

    queues._HANDLERS["ChangeMessageVisibilityBatch"] = hurried


def _end_with_starter() -> None:
    """End the whole process group once the starter is gone: its end of our standard input closes."""
    while os.read(0, 1):
        pass
    os.killpg(os.getpgid(0), signal.SIGKILL)


def main() -> None:
    if sys.version_info[:2] != (3, 13):
        sys.exit(f"the sandbox runs the functions on Python 3.13, not {sys.version.split()[0]}")
    app: Any = importlib.import_module("ministack.app")
    app.app = behind_tls(app.app)
    hurry_waits(importlib.import_module("ministack.services.sqs"), float(os.environ["WAIT_SCALE"]))
    sys.executable = str(bare_interpreter(Path(os.environ["TMPDIR"])))
    threading.Thread(target=_end_with_starter, daemon=True).start()
    app.main()


if __name__ == "__main__":
    main()
