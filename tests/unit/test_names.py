"""One name, one thing: classes and files of functions, layer, contract and operate."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.support.template import ROOT

# The same job in each room: a function's entry and actions, its vendor's client, its report, the tree of its
# errors; of a command the command itself, its run, and what is shown of it.
EVERY_ROOM = {"app.py", "__init__.py", "__main__.py", "actions.py", "client.py", "report.py", "errors.py"}
EVERY_ROOM |= {"command.py", "run.py", "shown.py"}
SAME_JOB = {"Settings"}


def modules() -> Iterator[Path]:
    for folder in ("functions", "layers/relay", "contract", "operate"):
        yield from sorted((ROOT / folder).rglob("*.py"))


def test_no_two_classes_share_a_name() -> None:
    places = defaultdict(list)
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(str(path.relative_to(ROOT)))

    assert {name: found for name, found in places.items() if len(found) > 1 and name not in SAME_JOB} == {}


def test_no_two_files_share_a_name() -> None:
    places = defaultdict(list)
    for path in modules():
        places[path.name].append(str(path.relative_to(ROOT)))

    assert {name: found for name, found in places.items() if len(found) > 1 and name not in EVERY_ROOM} == {}


def test_no_module_leads_back_to_itself() -> None:
    """Imports that only a type checker sees are left out: nothing is loaded by them."""
    names = {module_of(path) for path in modules()}
    imports = {module_of(path): set(imported(path)) & names for path in modules()}

    reached = {name: reachable(name, imports) for name in names}

    assert sorted(name for name, found in reached.items() if name in found) == []


def module_of(path: Path) -> str:
    folders = (ROOT / "functions", ROOT / "layers", ROOT)
    folder = next(folder for folder in folders if path.is_relative_to(folder))
    return ".".join(path.relative_to(folder).with_suffix("").parts).removesuffix(".__init__")


def imported(path: Path) -> Iterator[str]:
    """Modules that a module's import loads, with what it takes from packages."""
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{one.name}" for one in node.names)
        elif isinstance(node, ast.Import):
            yield from (one.name for one in node.names)


def reachable(start: str, imports: dict[str, set[str]]) -> set[str]:
    """All that a module loads, directly or not."""
    found: set[str] = set()
    waiting = list(imports[start])
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += imports[name]
    return found
