"""The one table of a run, for the person who ran it."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from benchmarks.measuring import Row, failed

# Where no terminal says how wide it is.
_WIDTH = 160


def show(rows: Iterable[Row], console: Console) -> None:
    """The rows, and which budgets hold."""
    rows = list(rows)
    if not console.is_terminal:
        console.width = _WIDTH
    table = Table("what", header_style="bold")
    for head in ("median", "half of the rounds"):
        table.add_column(head, justify="right")
    for head in ("against", "budget", ""):
        table.add_column(head)
    for row in rows:
        table.add_row(row.what, row.median, row.spread, row.reference, *_verdict(row))
    console.print(table)
    budgets, broken = [row for row in rows if row.budget], failed(rows)
    console.print(f"{len(budgets) - len(broken)} of {len(budgets)} budgets hold")
    for row in broken:
        console.print(f"[red]✗[/] {row.what}: {row.median}, the budget is {row.budget}")


def _verdict(row: Row) -> tuple[str, str]:
    return str(row.budget or ""), {True: "[green]✓[/]", False: "[red]✗[/]", None: ""}[row.holds]
