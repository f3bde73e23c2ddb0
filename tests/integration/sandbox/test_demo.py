"""The demo says what it does, on a terminal and without one, and what disagrees."""

import io
from typing import Any, cast

import pytest
from rich.console import Console

from sandbox.demo import demo
from sandbox.demo.scene import Check, OrganisationRow, Scene
from sandbox.demo.stage import Stage
from sandbox.lifecycle import part


def console(*, terminal: bool = False) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=80, highlight=False)


def shown(console: Console) -> str:
    return cast("io.StringIO", console.file).getvalue()


CHECKS = [Check("apples", 2, 2), Check("pears [of ours]", ["a"], ["b"])]


@pytest.mark.parametrize("terminal", [True, False])
def test_each_step_is_announced_and_ticked_off(terminal: bool) -> None:
    out = console(terminal=terminal)
    with part(out, "Counting"):
        pass

    before, _, after = shown(out).partition("✓")
    assert "Counting" in before
    assert "Counting" in after


@pytest.mark.parametrize("terminal", [True, False])
def test_a_step_that_breaks_off_is_not_ticked_off(terminal: bool) -> None:
    out = console(terminal=terminal)
    with pytest.raises(ZeroDivisionError), part(out, "Dividing"):
        raise ZeroDivisionError

    assert "✓" not in shown(out)


def test_what_disagrees_is_said_in_full_with_the_logs_and_fails(running_stub: Any) -> None:
    out = console()

    assert demo.report(CHECKS, running_stub, out) == 1
    assert "pears [of ours]: ['b'], but should be ['a']" in shown(out)
    assert "1 of 2 checks disagree. Logs: here.log" in shown(out)
    assert "apples" not in shown(out)


def test_only_when_all_agree_the_status_is_0(running_stub: Any) -> None:
    out = console()

    assert demo.report([Check("apples", 2, 2)], running_stub, out) == 0
    assert "all 1 checks agree" in shown(out)


def test_no_check_at_all_is_no_success(running_stub: Any) -> None:
    assert demo.report([], running_stub, console()) == 1


def test_the_tables_add_up_and_name_the_reason() -> None:
    out = console()
    scene = Scene(cast("Stage", None), cast("Any", None))
    scene.received.update({"employee-leave": 3, "app-update": 1})
    scene.published.update({"employee-leave": 1, "app-update": 1})
    scene.organisations += [OrganisationRow("o-1", 3, [3, 2, 1, 1], 2, {"n-1": "[400] 标签未登记"})]
    demo.show_tables(scene, out)
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in shown(out).splitlines()]

    assert ["employee-leave", "3", "1", "2"] in cells
    assert ["together", "4", "2", "2"] in cells
    assert ["o-1", "3", "4", "3, 2, 1 (2 calls)", "2", "1"] in cells
    assert "rejected: n-1 of o-1: [400] 标签未登记" in shown(out)


@pytest.fixture
def running_stub() -> Any:
    """All that a report uses of what runs: where the log is."""

    class Cloud:
        log = "here.log"

    class Running:
        cloud = Cloud()

    return Running()
