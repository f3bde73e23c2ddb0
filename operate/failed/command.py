"""`failed`: the callbacks that the Mozi gateway gave up on, shown or delivered again."""

import json
from collections.abc import Sequence

import click
from rich.console import Console
from rich.text import Text

from operate.errors import ExitStatus
from operate.options import json_option, with_stack
from operate.output import many, page, plain, print_rows, write_json
from operate.stack import Stack
from relay import catalog
from relay.api.gateway import Failed, FailedAnswer, FailedCounts, RetryAnswer, RetryFailed


@click.command()
@with_stack
@click.option("--retry", is_flag=True, help="Have them delivered again.")
@click.option("--limit", type=click.IntRange(1, 500), default=100, show_default=True, help="At most so many.")
@json_option
def failed(stack: Stack, retry: bool, limit: int, as_json: bool) -> None:
    """Show the gateway's list of failed callbacks; a schedule retries them every quarter of an hour.

    A retry may fail again: then its callback comes back to the list after the gateway's own repeats.

    Exit status: 0 shown, or all are retried; 1 a retry was refused or some are left; 2 nothing was done;
    130 interrupted.
    """
    if retry:
        retried = stack.gateway(RetryFailed(limit=limit), RetryAnswer)
        write_json(retried.payload()) if as_json else _show_retried(retried, page())
        counts = retried.counts
        unfinished = counts.refused or counts.unreadable or counts.left
        raise SystemExit(ExitStatus.UNFINISHED if unfinished else ExitStatus.DONE)
    listed = stack.gateway(Failed(limit=limit), FailedAnswer)
    write_json(listed.payload()) if as_json else _show_listed(listed, page())


def _show_listed(answer: FailedAnswer, out: Console) -> None:
    out.print(_total(answer.counts))
    readable = [row for row in answer.rows if row.id is not None]
    rows = [(f"  {plain(str(row.id))}", plain(row.time or "-"), _kind(row.event_tag)) for row in readable]
    print_rows(out, rows)
    _show_unreadable([row.unreadable for row in answer.rows if row.id is None], out)
    if answer.left:
        out.print(f"  … and {answer.left:,} more: --limit shows up to 500")


def _kind(tag: str | None) -> str:
    return catalog.slug_of(tag) if tag in catalog.BY_TAG else plain(tag or "-")


def _show_retried(answer: RetryAnswer, out: Console) -> None:
    counts = answer.counts
    ends = f"{counts.retried:,} retried, {counts.refused:,} refused, {counts.left:,} left"
    out.print(f"{_total(counts)}: {ends}")
    for refused in answer.errors:
        out.print(Text(f"  {plain(refused.id)}  {plain(refused.error)}"), overflow="fold")
    _show_unreadable(answer.unreadable, out)
    if answer.stopped:
        out.print(Text(f"stopped: {plain(answer.stopped)}"))


def _total(counts: FailedCounts) -> str:
    unreadable = f", {counts.unreadable:,} of them without an id" if counts.unreadable else ""
    return f"{many(counts.failed, 'failed callback')}{unreadable}"


def _show_unreadable(rows: Sequence[object], out: Console) -> None:
    """Show rows as they came, for a person to see what they are."""
    if rows:
        out.print("Without an id, so they cannot be retried here; as they came:")
    for row in rows:
        out.print(Text(f"  {plain(json.dumps(row, ensure_ascii=False))}"), overflow="fold")
