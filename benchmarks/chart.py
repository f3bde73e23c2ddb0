"""Three pictures in one: starts, the cost of one thing by how many there are, and the budgets."""

from collections import Counter
from collections.abc import Iterable, Iterator
from html import escape
from statistics import median
from typing import NamedTuple

from benchmarks.measuring import Row
from benchmarks.record import Record, rows_of
from benchmarks.texts import Said

# Told apart on light and on dark, and by people who see few colours, by their lightness too.
_OURS, _THEIRS, _OVER = "#4477aa", "#aaaaaa", "#ee6677"
# Grey enough to be read on white and on black.
_INK = "#767676"
_WIDTH, _HEAD, _ROW, _BAR, _LABELS, _BARS = 900, 28, 24, 14, 430, 300
# As in the record of cold starts.
_STARTS = ("callback", "notice", "recovery", "gateway", "two_clients", "by_the_docs")
_OWN = 4
# What is far over its budget ends here, in parts of the budget.
_LONGEST = 1.6


class Bar(NamedTuple):
    """A bar `length` times as long as the space for bars."""

    label: str
    length: float
    value: str
    colour: str


def svg(record: Record, said: Said) -> str:
    panels = {
        "chart_starts": list(_starts(record, said)),
        "chart_growth": list(_growth(record, said)),
        "chart_budgets": list(_budgets(rows_of(record), said)),
    }
    drawn: list[str] = []
    top = 10
    for heading, bars in panels.items():
        drawn += _panel(said(heading), bars, top)
        top += _HEAD + _ROW * len(bars) + 24
    # The last panel's bars are parts of a budget, which ends here.
    left, height = _LABELS + _BARS / _LONGEST, _ROW * len(panels["chart_budgets"])
    drawn.append(
        f'<rect x="{left:.1f}" y="{top - 28 - height}" width="1.5" height="{height}" fill="{_INK}"/>'
    )
    inside = "\n".join(drawn)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top}" role="img" '
        f'font-family="sans-serif" font-size="13" fill="{_INK}">\n{inside}\n</svg>\n'
    )


def _starts(record: Record, said: Said) -> Iterator[Bar]:
    times = {name: median(record["details"]["cold_start"][f"{name}_cpu_ms"]) for name in _STARTS}
    for number, (name, time) in enumerate(times.items()):
        colour = _OURS if number < _OWN else _THEIRS
        yield Bar(said(f"start_{name}"), time / max(times.values()), f"{time:.0f} ms", colour)


def _growth(record: Record, said: Said) -> Iterator[Bar]:
    """The CPU of one thing by how many there are, as parts of the most."""
    details = record["details"]
    callbacks = {
        size: median(times) * 1000
        for size, times in details["warm_callback"]["growth_cpu_ms_by_callbacks"].items()
    }
    # A single notice bears the whole invocation: it would dwarf the others.
    notices = {size: time for size, time in details["notices"]["cpu_us_per_notice"].items() if size != "1"}
    for name, times in (("growth_callback", callbacks), ("growth_notice", notices)):
        for size, time in times.items():
            label = said(name, count=f"{int(size):,}")
            yield Bar(label, time / max(times.values()), f"{time:,.0f} µs", _OURS)


def _budgets(rows: Iterable[Row], said: Said) -> Iterator[Bar]:
    """Those of which a part can be told: not that nothing may be lost."""
    told = [(row, budget) for row in rows if (budget := row.budget) and budget.limit]
    again = Counter(row.what for row, _ in told)
    for row, budget in told:
        used = row.reading.median / budget.limit
        used = min(1 / used if budget.at_least else used, _LONGEST)
        label = said.what(row) + (f" / {said.reference(row)}" if again[row.what] > 1 else "")
        yield Bar(label, used / _LONGEST, f"{row.median} ({budget})", _OURS if row.holds else _OVER)


def _panel(heading: str, bars: Iterable[Bar], top: int) -> Iterator[str]:
    yield f'<text x="10" y="{top + 12}" font-size="15" font-weight="bold">{escape(heading)}</text>'
    for number, bar in enumerate(bars):
        y = top + _HEAD + number * _ROW
        box = f'y="{y}" width="{bar.length * _BARS:.1f}" height="{_BAR}" fill="{bar.colour}"'
        yield f'<text x="{_LABELS - 10}" y="{y + 12}" text-anchor="end">{escape(bar.label)}</text>'
        yield f'<rect x="{_LABELS}" {box}/>'
        yield f'<text x="{_LABELS + _BARS + 12}" y="{y + 12}">{escape(bar.value)}</text>'
