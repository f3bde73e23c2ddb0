"""Values of rounds, and the record, page and chart that say what they are."""

from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console

from benchmarks.__main__ import bench
from benchmarks.results import FOLDER, Record, Row, Rows, files, interleaved, ratio
from benchmarks.subjects import NotAsClaimedError


def row(*values: float, limit: float = 0.7, at_least: bool = False) -> Row:
    return Row(what="what", values=values, limit=limit, at_least=at_least)


def test_cases_take_turns_and_each_round_begins_with_another() -> None:
    order: list[str] = []

    def case(name: str) -> float:
        order.append(name)
        return len(order)

    found = interleaved({name: lambda name=name: case(name) for name in "abc"}, 3)  # type: ignore[misc]

    assert "".join(order) == "abcbcacab"
    assert found["a"] == [1, 6, 8]


@pytest.mark.parametrize(
    ("values", "middle", "spread"),
    [((5.0,), 5.0, (5.0, 5.0)), ((1.0, 3.0), 2.0, (1.5, 2.5)), ((1, 2, 3, 4, 90), 3, (2, 4))],
)
def test_a_row_has_a_middle_and_quartiles(
    values: tuple[float, ...], middle: float, spread: tuple[float, float]
) -> None:
    assert (row(*values).median, row(*values).spread) == (middle, spread)


def test_a_ratio_is_formed_round_by_round() -> None:
    made = ratio("what", [2.0, 9.0], [1.0, 3.0], against="that", unit="ms", limit=1)

    assert (made.values, made.medians) == ((2.0, 3.0), "5.5 beside 2.0 ms")
    with pytest.raises(ValueError, match="zip"):
        ratio("what", [1.0], [1.0, 2.0], against="that", unit="ms", limit=1)


@pytest.mark.parametrize(
    ("found", "verdict", "figure"),
    [
        (row(0.7), "≤ 0.7 ✓", "0.70 ×"),
        (row(0.71), "≤ 0.7 ✗ missed", "0.71 ×"),
        (row(0.7012), "≤ 0.7 ✗ missed", "0.701 ×"),
        (row(0.7, at_least=True), "≥ 0.7 ✓", "0.70 ×"),
        (row(0.6996, at_least=True), "≥ 0.7 ✗ missed", "0.6996 ×"),
    ],
)
def test_a_budget_holds_up_to_its_limit_and_no_rounding_hides_that_it_is_missed(
    found: Row, verdict: str, figure: str
) -> None:
    assert (found.verdict, found.figure) == (verdict, figure)


def test_what_was_recorded_is_read_again() -> None:
    record = Record.of({"one": row(1.0, 2.0), "two": row(3.0)})

    assert Record.model_validate_json(record.text()) == record


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
