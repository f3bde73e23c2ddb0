"""Dead letters as a person reads them."""

from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from operate.dead_letters.choice import short_ids
from operate.dead_letters.held import Letter
from operate.output import WIDTH, many, plain


def show(letters: Sequence[Letter], console: Console | None = None) -> None:
    """How many of each code, then each letter with its reason; in 100 columns where there is no terminal."""
    out = console or Console(highlight=False)
    if not out.is_terminal:
        out.width = WIDTH
    out.print(many(len(letters), "dead letter"))
    if letters:
        _print(_summary(letters), out)
        out.print()
        _print(_list(letters), out)


def _print(table: Table, out: Console) -> None:
    """Without the spaces that fill its last column."""
    with out.capture() as held:
        out.print(table)
    for line in held.get().removesuffix("\n").split("\n"):
        out.print(Text(line.rstrip()), soft_wrap=True)


def by_code(letters: Sequence[Letter]) -> Counter[str]:
    return Counter(one.code for one in letters)


def _summary(letters: Sequence[Letter]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(overflow="fold", min_width=28)
    table.add_column(justify="right")
    for code, count in by_code(letters).most_common():
        table.add_row(Text("  " + _shown(code)), f"{count:,}")
    return table


def _list(letters: Sequence[Letter]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    ids = short_ids(letters)
    for one in letters:
        when = f"{one.rejected_at:%Y-%m-%d %H:%M:%S}" if one.rejected_at else "-"
        names = (one.code, one.org_id, one.attributes.get("messageId", ""))
        table.add_row(ids[one.id], Text("  ".join([when, *map(_shown, names)])))
        table.add_row("", Text(_shown(one.attributes.get("errorMessage", ""))))
    return table


def _shown(text: str) -> str:
    """On one line, and without what would command a terminal."""
    return plain(text) or "-"
