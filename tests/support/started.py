"""Imports a module in a process that sees only the folders it is given, and tells what that did.

Run as a program it prints, in JSON, the names of the modules that were loaded by it, the files that had to be
compiled because no byte-code of theirs was there or valid, and the services of the clients that are there.
"""

import gc
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib import _bootstrap_external
from pathlib import Path
from typing import Any, NamedTuple


class Started(NamedTuple):
    """What a module's import loaded and compiled, and the services that it built clients of."""

    modules: list[str]
    compiled: list[str]
    clients: list[str]


def start(module: str, folders: Iterable[Path], environ: Mapping[str, str]) -> Started:
    """In a new process; its error is the assertion's text."""
    search = os.pathsep.join(map(str, folders))
    done = subprocess.run(
        [os.path.realpath(sys.executable), "-S", __file__, module],
        env={"PATH": os.defpath, **environ, "PYTHONPATH": search},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Started(**json.loads(done.stdout.splitlines()[-1]))


def _main(module: str) -> None:
    compiled: list[str] = []
    loader: Any = _bootstrap_external.SourceLoader
    compile_ = loader.source_to_code

    def noticed(self: Any, data: Any, path: str, **options: Any) -> Any:
        compiled.append(path)
        return compile_(self, data, path, **options)

    loader.source_to_code = noticed
    there = set(sys.modules)
    __import__(module)
    loaded = sorted(sys.modules.keys() - there)
    sys.stdout.write(json.dumps({"modules": loaded, "compiled": compiled, "clients": sorted(_clients())}))


def _clients() -> Iterator[str]:
    """Services of the AWS clients in memory."""
    if "botocore.client" not in sys.modules:
        return
    from botocore.client import BaseClient

    gc.unfreeze()
    for one in gc.get_objects():
        if isinstance(one, BaseClient):
            yield one.meta.service_model.service_name


if __name__ == "__main__":
    _main(sys.argv[1])
