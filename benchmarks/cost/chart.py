"""Where the money goes, as a picture: a bar for a million events and one for a million notices."""

from collections.abc import Iterator
from html import escape

from benchmarks.cost.arithmetic import Line, by_part, total
from benchmarks.cost.texts import PARTS

# Told apart on light and on dark, and by people who see few colours, by their lightness too.
_COLOURS = {
    "api": "#4477aa",
    "lambda": "#ee8866",
    "table": "#228833",
    "kept": "#99cc55",
    "topics": "#aa3377",
    "queue": "#66bbdd",
    "logs": "#ccaa33",
    "transfer": "#888888",
}
# Grey enough to be read on white and on black.
_INK = "#767676"
_WIDTH, _BAR, _ROW, _LEFT = 860, 44, 22, 20


def svg(bars: dict[str, list[Line]], sign: str) -> str:
    """Each bar has a heading, and is as long as the others: what differs is how it is divided."""
    drawn, top = [], 16
    for heading, lines in bars.items():
        rows = list(_bar(f"{heading}: {sign}{total(lines):.2f}", by_part(lines), top, sign))
        drawn += rows
        top += 40 + _BAR + _ROW * -(-len(by_part(lines)) // 4) + 18
    inside = "\n".join(drawn)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top}" role="img" '
        f'font-family="sans-serif" font-size="14" fill="{_INK}">\n{inside}\n</svg>\n'
    )


def _bar(heading: str, parts: dict[str, float], top: int, sign: str) -> Iterator[str]:
    yield f'<text x="{_LEFT}" y="{top + 14}" font-size="16" font-weight="bold">{escape(heading)}</text>'
    left, all_of_it = float(_LEFT), sum(parts.values())
    for number, (part, cost) in enumerate(sorted(parts.items(), key=lambda one: -one[1])):
        width = cost / all_of_it * (_WIDTH - 2 * _LEFT)
        name = f"{PARTS[part]['en']} {PARTS[part]['zh']} {sign}{cost:.2f}"
        box = f'y="{top + 26}" width="{width:.1f}" height="{_BAR}" fill="{_COLOURS[part]}"'
        yield f'<rect x="{left:.1f}" {box}><title>{escape(name)}</title></rect>'
        left += width
        x, y = _LEFT + number % 4 * 208, top + 26 + _BAR + 18 + number // 4 * _ROW
        yield f'<rect x="{x}" y="{y - 11}" width="12" height="12" fill="{_COLOURS[part]}"/>'
        yield f'<text x="{x + 18}" y="{y}">{escape(name)}</text>'
