"""Tests that interrupt themselves pass even where Ctrl-C is ignored, as in a shell's background job."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.support.template import ROOT

# How a test interrupts itself.
INTERRUPTING = re.compile(r"raise_signal\(|pthread_kill\(|interrupt(ed)?\(")


def interrupting(file: Path) -> Iterator[str]:
    """The tests of a file that interrupt themselves, as pytest names them."""
    text = file.read_text("utf-8")
    for node in ast.parse(text).body if INTERRUPTING.search(text) else ():
        if not (isinstance(node, ast.FunctionDef) and node.name.startswith("test_")):
            continue
        if INTERRUPTING.search(ast.get_source_segment(text, node) or ""):
            yield f"{file}::{node.name}"


def test_tests_that_interrupt_themselves_pass_where_ctrl_c_is_ignored() -> None:
    files = [
        file for folder in ("unit", "integration") for file in (ROOT / "tests" / folder).rglob("test_*.py")
    ]
    tests = [test for file in files for test in interrupting(file)]
    pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--timeout=60", *tests]
    ignoring = ["/bin/sh", "-c", "trap '' INT; exec \"$@\"", "sh"]

    done = subprocess.run([*ignoring, *pytest], cwd=ROOT, capture_output=True, text=True, check=False)

    assert len(tests) > 1
    assert done.returncode == 0, done.stdout[-4000:]
