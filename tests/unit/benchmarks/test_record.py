"""Values of rounds: their order, their middle, their ratios, and what a budget allows."""

import pytest

from benchmarks.record import Record, Row, interleaved, ratio


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
