"""`replay`: publish kept events once more."""

import re
import time
from dataclasses import replace
from functools import partial
from typing import Any

import click

from operate.errors import ExitStatus, OperatorError, UnfinishedError
from operate.options import When, call_again, json_option, with_stack
from operate.output import many, plain, write_json
from operate.progress import bar
from operate.replay.run import Invoke, ReplayProgress, Selection, begin, follow
from operate.stack import Stack
from relay.api.base import EVENT_ID
from relay.api.recovery import ReplayAnswer


def _ids(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    for one in value:
        if not re.fullmatch(EVENT_ID, one):
            raise click.BadParameter(f"{one!r} is no event's id.")
    return value


@click.command()
@with_stack
@click.option("--tag", "tags", multiple=True, metavar="SLUG", help="An eventTag or its slug; repeatable.")
@click.option(
    "--from", "since", type=When(), help="Received from then on: 2026-11-01, 2026-11-01T08:00+08:00."
)
@click.option("--to", "until", type=When(end=True), help="Received until then, a date's whole day included.")
@click.option(
    "--id", "ids", multiple=True, callback=_ids, metavar="ID", help="An event's id; repeatable, and alone."
)
@click.option("--all", "everything", is_flag=True, help="Every event that is kept.")
@click.option("--rate", "per_second", type=click.IntRange(1, 1000), help="At most so many events a second.")
@click.option("--cursor", help="Go on where an earlier replay ended, with the same --tag, --from and --to.")
@click.option("--dry-run", is_flag=True, help="Only count.")
@json_option
def replay(stack: Stack, everything: bool, as_json: bool, **selected: Any) -> None:
    """Publish kept events once more, with their ids; subscribers see the attribute `replayed`.

    Exit status: 0 all done; 1 something is left, and the command that goes on is shown; 2 nothing was done;
    130 interrupted, the command that goes on is shown.
    """
    selection = Selection(**selected)
    if not (everything or selection.tags or selection.since or selection.until or selection.ids):
        raise click.UsageError("Which events? Give --tag, --from, --to or --id; or --all.")
    invoke = partial(stack.recovery, answer=ReplayAnswer)
    begun, so_far = time.monotonic(), begin(selection)
    status = _perform(invoke, selection, so_far)
    _show(so_far, time.monotonic() - begun, dry_run=selection.dry_run, as_json=as_json)
    if status:
        _show_how_to_go_on(so_far)
    raise SystemExit(status)


def _perform(invoke: Invoke, selection: Selection, so_far: ReplayProgress) -> int:
    """Do it, as far as it goes; the exit status. Raises OperatorError as long as nothing was done."""
    begun_with, interrupted = (so_far.cursor, so_far.left), "interrupted"
    try:
        total = None if selection.dry_run else _count(invoke, selection)
        interrupted = "interrupted; the call under way still publishes, and going on publishes that again"
        with bar("counting" if selection.dry_run else "replaying", total) as show_done:
            for _ in follow(invoke, selection, so_far):
                show_done(so_far.done)
    except OperatorError as fault:
        if (so_far.cursor, so_far.left) == begun_with:
            raise
        so_far.stopped = fault.message
    except KeyboardInterrupt:
        so_far.stopped = interrupted
        return ExitStatus.INTERRUPTED
    return 0 if so_far.complete else 1


def _count(invoke: Invoke, selection: Selection) -> int:
    """How many events, or ids, there are to replay. Raises OperatorError."""
    counted, dry = begin(selection), replace(selection, per_second=None, dry_run=True)
    with bar("counting") as show_done:
        for _ in follow(invoke, dry, counted):
            show_done(counted.done)
    if counted.stopped:
        raise UnfinishedError(f"Counting stopped: {counted.stopped}. Nothing was replayed.")
    return counted.done


def _show(so_far: ReplayProgress, seconds: float, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        write_json(_facts(so_far, seconds, dry_run))
        return
    done = so_far.matched if dry_run else so_far.replayed
    said = (
        "would be replayed"
        if dry_run
        else f"replayed in {seconds:,.1f} s ({done / max(seconds, 0.001):,.1f}/s)"
    )
    click.echo(f"{many(done, 'event')} {said}")
    for slug, count in so_far.topics.most_common():
        click.echo(f"  {plain(slug):<28} {count:>10,}")
    if so_far.gone:
        click.echo(f"  deleted meanwhile, their time being over: {so_far.gone:,}")
    for event_id in so_far.not_found:
        click.echo(f"  not found: {plain(event_id)}")


def _facts(so_far: ReplayProgress, seconds: float, dry_run: bool) -> dict[str, object]:
    return {
        "dryRun": dry_run,
        "counts": {"matched": so_far.matched, "replayed": so_far.replayed, "gone": so_far.gone},
        "topics": dict(so_far.topics),
        "notFound": so_far.not_found,
        "left": list(so_far.left),
        "cursor": so_far.cursor,
        "stopped": so_far.stopped,
        "seconds": round(seconds, 3),
    }


def _show_how_to_go_on(so_far: ReplayProgress) -> None:
    """On the error output, so that a program's JSON stays alone."""
    if so_far.stopped:
        click.echo(f"stopped: {plain(so_far.stopped)}", err=True)
    if so_far.stopped or so_far.cursor or so_far.left:
        changed = {"cursor": so_far.cursor, "ids": so_far.left}
        click.echo(f"Go on with:\n  {call_again(click.get_current_context(), **changed)}", err=True)
