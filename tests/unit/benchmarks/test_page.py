"""The benchmark's page and chart are what its record says."""

from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console

from benchmarks.__main__ import bench
from benchmarks.record import FOLDER, Record, Row, Rows, files
from benchmarks.subjects import NotAsClaimedError

RECORD = Record.read()
OVER = Row(what="too <much>", values=(2.0, 3.0, 4.0), limit=2.5, against="that")
WITHIN = Row(what="enough", values=(2.0,), unit="MB", limit=2.5)
TWO = Record(measured="today", machine="here", rows={"over": OVER, "within": WITHIN})
SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("name", files(RECORD))
def test_page_and_chart_are_what_the_record_says(name: str) -> None:
    assert (FOLDER / name).read_text("utf-8") == files(RECORD)[name], "write them anew: make bench"


def test_a_missed_budget_is_named_on_the_page() -> None:
    page = files(TWO)["README.md"]

    assert "1 of 2 budgets hold." in page
    assert "- **Missed**: too <much>: 3.00 ×, the budget is ≤ 2.5." in page
    assert "- **Missed**: enough" not in page


def test_in_the_chart_a_missed_budget_has_words_and_a_pattern_and_each_unit_its_scale() -> None:
    root = ElementTree.fromstring(files(TWO)["chart.svg"])  # noqa: S314
    texts = [text.text for text in root.iter(f"{SVG}text")]
    bars = [(float(one.get("width", "0")), one.get("fill")) for one in root.iter(f"{SVG}rect")]

    assert {"too <much>", "3.00 ×, budget ≤ 2.5 ✗ missed", "2.00 MB, budget ≤ 2.5 ✓"} <= set(texts)
    # Both scales end at 3.
    assert (300.0, "url(#missed)") in bars
    assert (200.0, "#4477aa") in bars


def shown(folder: Path, *found: Rows | Exception) -> str:
    """Output of a run over these measures."""

    def measure(one: Rows | Exception) -> Rows:
        if isinstance(one, Exception):
            raise one
        return one

    console = Console(file=StringIO(), width=200)
    measures = {str(number): lambda one=one: measure(one) for number, one in enumerate(found)}
    bench(measures, console, folder)
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def test_a_missed_budget_is_printed_and_is_no_failure(tmp_path: Path) -> None:
    printed = shown(tmp_path, {"over": OVER}, {"within": WITHIN})

    assert "too <much>: 3.00 × (that), budget ≤ 2.5 ✗ missed" in printed
    assert {path.name for path in tmp_path.iterdir()} == {"results.json", "README.md", "chart.svg"}


def test_what_did_not_do_its_work_ends_the_run_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(NotAsClaimedError):
        shown(tmp_path, {"within": WITHIN}, NotAsClaimedError("3 were lost [here]"))

    assert list(tmp_path.iterdir()) == []
