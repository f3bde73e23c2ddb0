"""A callback's start that is kept and goes on twice, as two containers do that SnapStart restores.

Run as a program: starts the callback, forks, has each half do what Lambda has it do after a restore unless
told `without-hooks`, and prints for each what it drew, in JSON.
"""

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
    from relay.store import new_owner

    return [random.random(), new_owner()]  # noqa: S311


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
    from callback import app

    made = app.secret._client is not None
    halves = [restored(with_hooks="without-hooks" not in told) for _ in range(2)]
    sys.stdout.write(json.dumps({"halves": halves, "client": made, "kept": app.secret._kept}))


if __name__ == "__main__":
    main(*sys.argv[1:])
