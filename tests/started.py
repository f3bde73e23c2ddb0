"""Imports a module in a process that sees only the folders it is given, and tells what that did.

Run as a program it prints, in JSON, the names of the modules that were loaded by it, and the files that had
to be compiled because no byte-code of theirs was there or valid.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from importlib import _bootstrap_external
from pathlib import Path
from typing import Any, NamedTuple


class Started(NamedTuple):
    """What a module's import loaded and compiled."""

    modules: list[str]
    compiled: list[str]


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
    sys.stdout.write(json.dumps({"modules": loaded, "compiled": compiled}))


if __name__ == "__main__":
    _main(sys.argv[1])
