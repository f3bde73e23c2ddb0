"""The benchmark's pages and charts are what its record says, in both languages."""

import re
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from rich.console import Console

from benchmarks import chart, page, record, terminal
from benchmarks.__main__ import FOLDER, PARTS, Part, bench
from benchmarks.measuring import Budget, Measured, Reading, Row, single
from benchmarks.portal_server import NotAsClaimedError
from benchmarks.processes import ChildFailedError
from benchmarks.texts import TEXTS, Said
from sandbox.screen import Screen

RECORD = record.read()
ROWS = record.rows_of(RECORD)
OVER = Row("over", "too much", Reading((2.0, 3.0, 4.0)), budget=Budget(2.5), reference="that")
WITHIN = Row("within", "enough", single(2.0), "MB", budget=Budget(2.5))


def printed(rows: list[Row]) -> str:
    console = Console(file=StringIO(), width=200)
    terminal.show(rows, console)
    return str(console.file.getvalue())  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", page.contents(RECORD))
def test_the_pages_and_charts_are_what_the_record_says(name: str) -> None:
    assert (FOLDER / name).read_text("utf-8") == page.contents(RECORD)[name], "write them anew: make bench"


def test_the_record_has_all_that_is_measured() -> None:
    assert RECORD["details"].keys() == PARTS.keys()


def test_both_pages_have_the_same_numbers() -> None:
    number = re.compile(r"[≤≥]?\s?\d[\d,.]*")
    english, chinese = (
        [
            [number.findall(cell) for cell in line.split("|")[2:4]]
            for line in (FOLDER / name).read_text("utf-8").splitlines()
            if line.startswith("| ")
        ]
        for name in page.PAGES
    )

    assert len(english) == len(ROWS) + 2
    assert english == chinese


def test_every_row_and_every_reference_has_a_chinese_text_and_no_text_is_left_over() -> None:
    assert {row.key for row in ROWS} == TEXTS["rows"].keys()
    assert {row.reference for row in ROWS if row.reference} == TEXTS["references"].keys()


def test_every_sentence_is_said_in_both_languages() -> None:
    source = "".join(file.read_text("utf-8") for file in FOLDER.glob("*.py"))
    said = set(re.findall(r"""["'](\w+)["']""", source)) | {f"start_{name}" for name in chart._STARTS}

    assert [name for name in TEXTS["page"] if name not in said] == []
    assert all(one.keys() == {"en", "zh"} for one in TEXTS["page"].values())


def bars(record_: record.Record) -> Iterator[ElementTree.Element]:
    root = ElementTree.fromstring(chart.svg(record_, Said("en")))  # noqa: S314
    return (
        one for one in root.iter("{http://www.w3.org/2000/svg}rect") if one.get("height") == str(chart._BAR)
    )


@pytest.mark.parametrize(
    ("values", "budget", "length", "colour"),
    [
        ([0.5], {"limit": 1.0, "at_least": False}, 0.5, chart._OURS),
        ([1.0], {"limit": 1.0, "at_least": False}, 1.0, chart._OURS),
        ([1.5], {"limit": 1.0, "at_least": False}, 1.5, chart._OVER),
        ([99.0], {"limit": 1.0, "at_least": False}, chart._LONGEST, chart._OVER),
        ([2.0], {"limit": 1.0, "at_least": True}, 0.5, chart._OURS),
        ([0.8], {"limit": 1.0, "at_least": True}, 1.25, chart._OVER),
    ],
)
def test_a_bar_is_as_long_as_the_part_of_the_budget_that_is_used(
    values: list[float], budget: dict[str, Any], length: float, colour: str
) -> None:
    key, given = next(iter(RECORD["rows"].items()))
    changed = {**RECORD, "rows": {key: {**given, "values": values, "budget": budget}}}

    *others, bar = bars(changed)

    assert len(others) == len(chart._STARTS) + 6
    assert float(bar.get("width", "0")) == pytest.approx(length / chart._LONGEST * chart._BARS, abs=0.1)
    assert bar.get("fill") == colour


def test_the_person_is_told_every_row_and_which_budgets_hold() -> None:
    told = printed([OVER, WITHIN, replace(WITHIN, what="counted", budget=None)])

    assert [line for line in told.splitlines() if "1 of 2 budgets hold" in line]
    assert "✗ too much: 3.00 ×, the budget is ≤ 2.5" in told
    assert "✗ enough" not in told
    for row in ("too much", "enough", "counted", "2.50 to 3.50", "2.00 MB", "that"):
        assert row in told


def part(outcome: Measured | Exception) -> Part:
    def measure() -> Measured:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return Part("a part", measure)


@pytest.mark.parametrize("error", [NotAsClaimedError("3 were lost [here]"), ChildFailedError("it ended")])
def test_what_did_not_do_its_work_ends_the_run_and_nothing_is_written(
    error: Exception, tmp_path: Path
) -> None:
    screen = Screen(Console(file=StringIO(), width=200))

    status = bench({"good": part(Measured((WITHIN,), {})), "bad": part(error)}, screen, tmp_path)

    assert status == 1
    assert str(error) in screen.console.file.getvalue()  # type: ignore[attr-defined]
    assert list(tmp_path.iterdir()) == []


def test_a_budget_that_does_not_hold_is_told_and_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    status = bench({"over": part(Measured((OVER,), {}))}, Screen(), None)

    assert status == 0
    assert "0 of 1 budgets hold" in capsys.readouterr().out


def test_what_was_recorded_is_read_again(tmp_path: Path) -> None:
    found = record.record_of({"one": Measured((OVER, WITHIN), {"raw": [1, 2]})})
    record.write(found, tmp_path / "results.json")

    again = record.read(tmp_path / "results.json")

    assert record.rows_of(again) == [OVER, WITHIN]
    assert again["details"] == {"one": {"raw": [1, 2]}}
    assert "cores" in again["machine"]
