"""A callback's start that is kept and goes on twice, as two containers do that SnapStart restores.

Run as a program: starts the callback, forks, has each half do what Lambda has it do after a restore unless
told `without-hooks`, and prints in JSON what each drew, and of which services the start has made clients.
"""

import importlib
import json
import os
import random
import sys
from types import ModuleType
from typing import Any

HOOKS: list[Any] = []


def runtime() -> ModuleType:
    """Stands in for the module that Lambda's runtime brings."""
    module = ModuleType("snapshot_restore_py")
    module.register_after_restore = HOOKS.append  # type: ignore[attr-defined]
    return module


def drawn() -> list[Any]:
    """What one container draws: by `random`, and to claim an event."""
    from relay.events import Event
    from relay.store import EventStore
    from tests.support.memory_cloud import MemoryCloud

    cloud: Any = MemoryCloud()
    EventStore(cloud, "events", retention_days=1).claim(Event("k-c", "A|B", "slug", "", "{}"))
    return [random.random(), cloud.items["k"]["claimant"]]  # noqa: S311


def restored(*, with_hooks: bool) -> list[Any]:
    """What a half of the process draws."""
    reading, writing = os.pipe()
    kept = random.getstate()
    if os.fork() == 0:
        # A fork has Python draw anew; a snapshot does not.
        random.setstate(kept)
        for hook in HOOKS if with_hooks else ():
            hook()
        os.write(writing, json.dumps(drawn()).encode())
        os._exit(0)
    os.wait()
    answer: list[Any] = json.loads(os.read(reading, 10_000))
    return answer


def main(*told: str) -> None:
    sys.modules["snapshot_restore_py"] = runtime()
    from relay import aws

    services: list[str] = []
    make = aws.client

    def recorded(service: str, limit: aws.TimeLimit | None = None) -> Any:
        services.append(service)
        return make(service, limit)

    aws.client = recorded
    importlib.import_module("callback.app")
    halves = [restored(with_hooks="without-hooks" not in told) for _ in range(2)]
    sys.stdout.write(json.dumps({"halves": halves, "clients": services}))


if __name__ == "__main__":
    main(*sys.argv[1:])
