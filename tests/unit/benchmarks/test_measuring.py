"""Values side by side: their order, their middle, their ratios, and what a budget allows."""

import json

import pytest

from benchmarks.measuring import Budget, Reading, Row, failed, interleaved, single

ROW = Row("key", "what", Reading((1.0, 2.0, 4.0)), reference="that", budget=Budget(2.0))


def test_cases_take_turns_and_each_round_begins_with_another() -> None:
    order: list[str] = []

    def case(name: str) -> float:
        order.append(name)
        return len(order)

    found = interleaved({name: lambda name=name: case(name) for name in "abc"}, 3)  # type: ignore[misc]

    assert "".join(order) == "abcbcacab"
    assert found["a"].values == (1, 6, 8)


@pytest.mark.parametrize(
    ("values", "middle", "spread"),
    [((5.0,), 5.0, (5.0, 5.0)), ((1.0, 3.0), 2.0, (1.5, 2.5)), ((1, 2, 3, 4, 90), 3, (2, 4))],
)
def test_a_reading_has_a_middle_and_quartiles(
    values: tuple[float, ...], middle: float, spread: tuple[float, float]
) -> None:
    assert (Reading(values).median, Reading(values).spread) == (middle, spread)


def test_a_ratio_is_formed_round_by_round() -> None:
    assert Reading((2.0, 9.0)).over(Reading((1.0, 3.0))).values == (2.0, 3.0)
    with pytest.raises(ValueError, match="zip"):
        Reading((1.0,)).over(Reading((1.0, 2.0)))


@pytest.mark.parametrize(
    ("budget", "value", "holds"),
    [
        (Budget(1.3), 1.3, True),
        (Budget(1.3), 1.31, False),
        (Budget(0.95, at_least=True), 0.95, True),
        (Budget(0.95, at_least=True), 0.94, False),
        (Budget(0), 0, True),
    ],
)
def test_a_budget_holds_up_to_its_limit(budget: Budget, value: float, holds: bool) -> None:
    row = Row("key", "what", single(value), budget=budget)

    assert row.holds is holds
    assert failed([row]) == ([] if holds else [row])


def test_a_row_without_a_budget_neither_holds_nor_fails() -> None:
    row = Row("key", "what", single(1.0))

    assert row.holds is None
    assert failed([row]) == []


def test_a_row_is_told_with_its_unit_and_what_was_counted_has_no_spread() -> None:
    assert (ROW.median, ROW.spread) == ("2.00 ×", "1.50 to 3.00")
    counted = Row("key", "what", single(1234.0), "calls", digits=0)
    assert (counted.median, counted.spread) == ("1,234 calls", "")


@pytest.mark.parametrize("row", [ROW, Row("other", "what", single(3.0), "MB", digits=0)])
def test_a_row_comes_back_from_json_as_it_was(row: Row) -> None:
    assert Row.of_json(row.key, json.loads(json.dumps(row.as_json()))) == row
