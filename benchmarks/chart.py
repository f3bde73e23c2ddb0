"""Two pictures in one: how long a start takes, and how much of each budget is used."""

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
_WIDTH, _ROW, _BAR, _LABELS, _BARS = 900, 24, 14, 430, 300
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
    starts, budgets = list(_starts(record, said)), list(_budgets(rows_of(record), said))
    drawn = [
        *_panel(said("chart_starts"), starts, 10),
        *_panel(said("chart_budgets"), budgets, 74 + _ROW * len(starts)),
    ]
    top = 74 + _ROW * len(starts)
    line = f'x="{_LABELS + _BARS / _LONGEST:.1f}" y="{top + 24}" width="1.5" height="{_ROW * len(budgets)}"'
    height = top + 40 + _ROW * len(budgets)
    inside = "\n".join([*drawn, f'<rect {line} fill="{_INK}"/>'])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'font-family="sans-serif" font-size="13" fill="{_INK}">\n{inside}\n</svg>\n'
    )


def _starts(record: Record, said: Said) -> Iterator[Bar]:
    times = {name: median(record["details"]["cold_start"][f"{name}_cpu_ms"]) for name in _STARTS}
    for number, (name, time) in enumerate(times.items()):
        colour = _OURS if number < _OWN else _THEIRS
        yield Bar(said(f"start_{name}"), time / max(times.values()), f"{time:.0f} ms", colour)


def _budgets(rows: Iterable[Row], said: Said) -> Iterator[Bar]:
    """Those of which a part can be told: not that nothing may be lost."""
    for row in rows:
        if row.budget and row.budget.limit:
            used = row.reading.median / row.budget.limit
            used = min(1 / used if row.budget.at_least else used, _LONGEST)
            colour = _OURS if row.holds else _OVER
            yield Bar(said.what(row), used / _LONGEST, f"{row.median} ({row.budget})", colour)


def _panel(heading: str, bars: Iterable[Bar], top: int) -> Iterator[str]:
    yield f'<text x="10" y="{top + 12}" font-size="15" font-weight="bold">{escape(heading)}</text>'
    for number, bar in enumerate(bars):
        y = top + 28 + number * _ROW
        box = f'y="{y}" width="{bar.length * _BARS:.1f}" height="{_BAR}" fill="{bar.colour}"'
        yield f'<text x="{_LABELS - 10}" y="{y + 12}" text-anchor="end">{escape(bar.label)}</text>'
        yield f'<rect x="{_LABELS}" {box}/>'
        yield f'<text x="{_LABELS + _BARS + 12}" y="{y + 12}">{escape(bar.value)}</text>'
