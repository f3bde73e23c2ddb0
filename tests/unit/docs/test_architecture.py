"""The page about the architecture names what there is in the code, all of it and nothing else."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import gateway.client
import notice.portal.errors
from notice.dispatch.gate import Scope
from notice.outcomes import Reason
from recovery.pace import STEP_SECONDS
from relay.api import error_types
from relay.catalog import CATALOG
from relay.events import Content, Event, KeptBody
from relay.store import LEASE_SECONDS, ClaimState, EventStore
from tests.support.memory_cloud import MemoryCloud
from tests.support.template import RESOURCES, ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
FUNCTIONS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))
PACKAGES = {
    **{name: ROOT / "functions" / name for name in FUNCTIONS},
    "relay": ROOT / "layers" / "relay",
    "operate": ROOT / "operate",
    "contract": ROOT / "contract",
    "sandbox": ROOT / "sandbox",
}
# A module that more others use than this is used by "many".
FEW = 6
_TICKED = re.compile(r"`([^`\n]+)`")
_CELLS = re.compile(r"(?<!\\)\|")
_PATH = re.compile(r"[\w.-]*[\w-]/[\w./-]*|[\w-]+\.(?:py|md|yaml|toml)")
_DOTTED = re.compile(rf"(?:{'|'.join(PACKAGES)})(?:\.\w+)+")
# The headings of the module tables, and how each of them names a module.
SECTIONS = {name: path.relative_to(ROOT).as_posix() for name, path in PACKAGES.items()}


def section(heading: str) -> str:
    """The text under a heading, up to the next one."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, heading
    return found[1]


def table(heading: str) -> list[list[str]]:
    """The cells of the rows of the first table under a heading, without its head."""
    rows = [line for line in section(heading).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in _CELLS.split(row)[1:-1]] for row in rows[2:]]


def ticked(text: str) -> list[str]:
    return _TICKED.findall(text)


def names(rows: list[list[str]]) -> list[str]:
    """What is ticked in the first cells."""
    return [name for row in rows for name in ticked(row[0])]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def files(package: str) -> dict[str, Path]:
    """The modules of a package that hold more than a sentence, as the page names them."""
    base = PACKAGES[package]
    found = {path.relative_to(base).with_suffix("").as_posix(): path for path in base.rglob("*.py")}
    return {name: path for name, path in found.items() if len(tree(path).body) > 1}


def imported(path: Path) -> Iterator[tuple[str, str]]:
    """The modules that a file imports: package, and name as the page has it."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                yield from _located(f"{node.module}.{alias.name}", node.module)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield from _located(alias.name)


def _located(*dotted: str) -> Iterator[tuple[str, str]]:
    for name in dotted:
        package, _, rest = name.partition(".")
        if package in PACKAGES:
            inner = rest.replace(".", "/")
            known = files(package)
            if found := next((one for one in (inner, f"{inner}/__init__") if one in known), None):
                yield package, found
                return


@cache
def users() -> dict[tuple[str, str], set[str]]:
    """By module, who imports it: another's module by its package, one of the same package by its name."""
    found = defaultdict(set)
    for package in PACKAGES:
        for name, path in files(package).items():
            for used in imported(path):
                found[used].add(name if used[0] == package else package)
    return found


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_has_its_row_and_no_row_is_of_none(package: str) -> None:
    assert sorted(names(table(f"`{SECTIONS[package]}`"))) == sorted(files(package))


@pytest.mark.parametrize("package", PACKAGES)
def test_a_module_is_used_by_those_that_import_it(package: str) -> None:
    for name, owns, used_by in table(f"`{SECTIONS[package]}`"):
        found = sorted(users()[package, ticked(name)[0]])

        assert owns
        assert used_by == ("many" if len(found) > FEW else ", ".join(f"`{one}`" for one in found)), name


def test_every_function_has_its_row() -> None:
    assert names(table("Two ways")) == ["callback", "notice", "recovery", "gateway"]
    assert sorted(names(table("Two ways"))) == FUNCTIONS


def test_every_path_that_is_named_is_there() -> None:
    bases = (ROOT, *PACKAGES.values())
    paths = [name for name in ticked(PAGE) if _PATH.fullmatch(name)]
    missing = [
        name
        for name in paths
        if not any((base / f"{name}{end}").exists() for base in bases for end in ("", ".py"))
    ]

    assert len(paths) > 100
    # Every function has one of its own.
    assert set(missing) <= {"app.py"}


def test_every_name_of_the_code_is_there() -> None:
    dotted = [name for name in ticked(PAGE) if _DOTTED.fullmatch(name)]

    assert len(dotted) > 60
    assert [name for name in dotted if not _is_defined(name)] == []


def _is_defined(dotted: str) -> bool:
    """Whether it names a module, or leads from one to a class, a function, a constant or a field."""
    parts = dotted.split(".")
    package, inner = PACKAGES[parts[0]], parts[1:]
    for end in range(len(inner), 0, -1):
        for path in (package.joinpath(*inner[:end]).with_suffix(".py"), package.joinpath(*inner[:end])):
            if path.exists():
                return path.is_dir() or _leads(tree(path), inner[end:])
    return False


def _leads(node: Any, rest: list[str]) -> bool:
    if not rest:
        return True
    return any(rest[0] in _defined(one) and _leads(one, rest[1:]) for one in getattr(node, "body", ()))


def _defined(node: ast.stmt) -> set[str]:
    match node:
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
            return {name}
        case ast.Assign(targets=targets):
            return {one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.TypeAlias(name=ast.Name(id=name)):
            return {name}
    return set()


def test_the_files_of_the_first_table_hold_the_names_beside_them() -> None:
    for _, file, name in table("In one look"):
        for path in ticked(file):
            module = re.sub(r"^(functions|layers)/|\.py$", "", path).replace("/", ".")
            assert all(one.startswith(module) for one in ticked(name) if _DOTTED.fullmatch(one)), name


def using(package: str, attribute: str) -> set[str]:
    """The modules of a package, as the page has them, in which `attribute` (`Scope.FRESH`) stands."""
    wanted = re.compile(rf"\b{re.escape(attribute)}\b")
    return {name for name, path in files(package).items() if wanted.search(path.read_text("utf-8"))}


def test_every_reason_has_its_row_with_the_modules_that_give_it() -> None:
    rows = table("Why a notice is deferred")

    assert [(ticked(row[0])[0], row[1]) for row in rows] == [(one.name, one.value) for one in Reason]
    for name, _, given_in, *_ in rows:
        assert set(ticked(given_in)) == using("notice", f"Reason.{ticked(name)[0]}"), name


def test_every_reason_that_decides_is_in_the_diagram() -> None:
    diagram = section("The life of a notice")
    blocked = {Reason.PAUSED, Reason.OUT_OF_TIME}

    assert [one.name for one in Reason if one not in blocked and one.name not in diagram] == []


def test_every_scope_has_its_row_with_the_modules_that_close_it() -> None:
    rows = table("What closes the gate")

    assert names(rows) == [scope.name for scope in Scope]
    for name, closed_by, *_ in rows:
        assert set(ticked(closed_by)) == using("notice", f"close(Scope.{ticked(name)[0]}"), name


@pytest.mark.parametrize(
    ("heading", "module", "base"),
    [
        ("What the portal's answers mean", notice.portal.errors, notice.portal.errors.ProduceError),
        ("What the gateway's answers mean", gateway.client, gateway.client.GatewayError),
    ],
    ids=["portal", "gateway"],
)
def test_every_error_of_a_vendor_has_its_row(heading: str, module: ModuleType, base: type) -> None:
    errors = [name for name, one in vars(module).items() if isinstance(one, type) and issubclass(one, base)]

    assert names(table(heading)) == errors


def test_every_error_type_has_its_row_with_what_is_raised_and_by_whom() -> None:
    constants = {name: one for name, one in vars(error_types).items() if name.isupper()}
    found = defaultdict(set)
    for function in FUNCTIONS:
        source = (PACKAGES[function] / "app.py").read_text("utf-8")
        for error, name in re.findall(r"(\w+Error): error_types\.(\w+)", source):
            found[constants[name], error].add(function)
    rows = table("What a failed invocation ends with")

    assert names(rows) == list(constants.values())
    assert {(ticked(row[0])[0], ticked(row[1])[0]): set(row[2].split(", ")) for row in rows} == found


def test_every_number_is_the_codes() -> None:
    for name, value, _ in table("Numbers"):
        module, _, constant = ticked(name)[0].rpartition(".")

        assert float(value) == getattr(import_module(module), constant), name


def test_the_time_for_which_a_claim_holds_is_the_codes() -> None:
    said = section("The life of an event")
    timeout = RESOURCES["CallbackFunction"]["Properties"]["Timeout"]

    assert f"a lease of {LEASE_SECONDS} s." in said
    assert f"ends within {timeout} s, a step of `recovery` within {STEP_SECONDS} s" in said
    assert all(state.name in said for state in ClaimState)


def test_the_attributes_of_the_item_are_those_that_are_written() -> None:
    cloud: Any = MemoryCloud()
    event = Event("m-c", *CATALOG[0][:2], "2026-11-22T08:15:30.120Z", "", "tenant", "request")
    store = EventStore(cloud, "table", retention_days=1)

    bodiless = replace(event.enclosing(Content("{}"), {}), id="n-c")
    store.claim(bodiless)
    claim = store.claim(event.enclosing(Content("{}"), {}), KeptBody("text/plain", b"deflated"))
    beside = set(cloud.items["m"]) - set(cloud.items["n"])
    pending = set(cloud.items["m"]) - beside
    store.refuse(claim, set_aside=True)
    refused = set(cloud.items["m"]) - beside - pending
    store.mark_published(claim)
    published = set(cloud.items["m"]) - beside

    times = "always", "if not its own copy", "while pending", "if refused", "once published"
    rows = {when: set[str]() for when in times}
    for attributes, _, when in table("The item"):
        rows[when] |= set(ticked(attributes))
    assert rows == {
        "always": pending & published,
        "if not its own copy": beside,
        "while pending": pending - published,
        "if refused": refused,
        "once published": published - pending,
    }
