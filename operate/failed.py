"""`failed`: the callbacks that the Mozi gateway gave up on, shown or delivered again."""

import json
from collections.abc import Mapping
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from operate.options import with_stack
from operate.page import many, page, plain
from operate.registering import ask
from operate.stack import Stack
from relay import catalog


@click.command()
@with_stack
@click.option("--retry", is_flag=True, help="Have them delivered again.")
@click.option("--limit", type=click.IntRange(1, 500), default=100, show_default=True, help="At most so many.")
@click.option("--json", "as_json", is_flag=True, help="For programs: the function's answer as JSON.")
def failed(stack: Stack, retry: bool, limit: int, as_json: bool) -> None:
    """Show the gateway's list of failed callbacks; a schedule retries them every quarter of an hour.

    A retry may fail again: then its callback comes back to the list after the gateway's own repeats.

    Exit status: 0 shown, or all are retried; 1 a retry was refused or some are left; 2 nothing was done;
    130 interrupted.
    """
    answer = ask(stack, {"action": "retry-failed" if retry else "failed", "limit": limit})
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False))
    elif retry:
        _show_retried(answer, page())
    else:
        _show_rows(answer, page())
    counts = answer["counts"]
    raise SystemExit(1 if retry and (counts["refused"] or counts["unreadable"] or counts["left"]) else 0)


def _show_rows(answer: Mapping[str, Any], out: Console) -> None:
    out.print(_total(answer["counts"]))
    table = Table.grid(padding=(0, 2))
    for _ in range(3):
        table.add_column(overflow="fold")
    for row in answer["rows"]:
        if "unreadable" in row:
            continue
        tag = row.get("eventTag")
        slug = catalog.slug_of(tag) if tag in catalog.BY_TAG else plain(tag or "-")
        table.add_row(f"  {row['id']}", Text(plain(row.get("time") or "-")), Text(slug))
    out.print(table)
    _show_unreadable([row["unreadable"] for row in answer["rows"] if "unreadable" in row], out)
    if answer["left"]:
        out.print(f"  … and {answer['left']:,} more: --limit shows up to 500")


def _show_retried(answer: Mapping[str, Any], out: Console) -> None:
    counts = answer["counts"]
    ends = f"{counts['retried']:,} retried, {counts['refused']:,} refused, {counts['left']:,} left"
    out.print(f"{_total(counts)}: {ends}")
    for refused in answer["errors"]:
        out.print(Text(f"  {refused['id']}  {plain(refused['error'])}"), overflow="fold")
    _show_unreadable(answer["unreadable"], out)
    if answer["stopped"]:
        out.print(Text(f"stopped: {plain(answer['stopped'])}"))


def _total(counts: Mapping[str, int]) -> str:
    unreadable = f", {counts['unreadable']:,} of them without an id" if counts["unreadable"] else ""
    return f"{many(counts['failed'], 'failed callback')}{unreadable}"


def _show_unreadable(rows: list[Any], out: Console) -> None:
    """As they came: nobody but a person can tell what they are."""
    if rows:
        out.print("Without an id, so they cannot be retried here; as they came:")
    for row in rows:
        out.print(Text(f"  {plain(json.dumps(row, ensure_ascii=False))}"), overflow="fold")
