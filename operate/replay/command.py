"""`replay`: publish kept events once more."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial

import click

from operate.errors import ExitStatus, NothingDoneError, OperatorError, UnfinishedError
from operate.options import (
    Word,
    call_again,
    first_moment,
    json_option,
    last_moment,
    possible_id,
    tag_slug,
    tags_option,
    topic_slug,
    with_stack,
)
from operate.output import facts_of, many, moment, per_second, plain, write_json
from operate.progress import bar
from operate.replay.run import MOST_AT_ONCE, Invoke, ReplayProgress, follow, selection
from operate.stack import Stack
from relay import catalog
from relay.api.base import alike
from relay.api.recovery import Replay, ReplayAnswer

_FROM = "Received from then on: 2026-11-01, 2026-11-01T08:00+08:00."
_TO = "Received until then, a date's whole day included."
_ID = "An event's id; repeatable, and alone."
_AS = "Read what came anew under this eventTag, which makes new events."
_READ_ANEW = {
    "repeated": "published by an earlier reading",
    "unchanged": "reading them under {slug} changes nothing",
    "noEvent": "read under {slug} they are handshakes",
}
# The option that gives each field of the function's request.
_OPTIONS = {"eventTags": "tag", "from": "from", "to": "to", "ids": "id", "as": "as", "cursor": "cursor"}
_FIELD = re.compile(rf"(?:^|(?<=[;:] ))({'|'.join(_OPTIONS)})(?=[.:])")


def _reading(name: str) -> str:
    """The slug of an eventTag; one outside the catalogue is named by that, for it may be misspelt."""
    try:
        return name if catalog.tag_of(name) else tag_slug(name)
    except ValueError as error:
        if alike(name):
            raise
        raise ValueError(f"{error}; as a tag outside of it, it is named {catalog.slug_of(name)}") from error


@click.command()
@with_stack
@tags_option(topic_slug)
@click.option("--from", "since", type=Word(first_moment), metavar="TIME", help=_FROM)
@click.option("--to", "until", type=Word(last_moment), metavar="TIME", help=_TO)
@click.option("--id", "ids", multiple=True, type=Word(possible_id), metavar="ID", help=_ID)
@click.option("--as", "reading", type=Word(_reading), metavar="SLUG", help=_AS)
@click.option("--all", "everything", is_flag=True, help="Every event that is kept.")
@click.option("--rate", type=click.IntRange(1, 1000), help="At most so many events a second.")
@click.option("--cursor", help="Go on where an earlier replay ended, with the same --tag, --from and --to.")
@click.option("--dry-run", is_flag=True, help="Only count.")
@json_option
def replay(
    stack: Stack,
    tags: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    ids: tuple[str, ...],
    reading: str | None,
    everything: bool,
    rate: int | None,
    cursor: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Publish kept events once more, with their ids; subscribers see the attribute `replayed`.

    With --as their bodies, as they came, are read anew under another eventTag. What that makes are new events
    on its topic, with ids of their own and the old ones in `rereadof`; doing it again publishes none twice.

    Exit status: 0 all done; 1 something is left, not found or not published, and is named; the command that
    goes on is shown where there is one; 2 nothing was done; 130 interrupted, that command is shown too.
    """
    _check(everything, ids, since, until, chosen=bool(tags or since or until), cursor=cursor)
    fields = {"eventTags": tags, "from": since, "to": until, "as": reading, "dryRun": dry_run}
    begun, so_far = time.monotonic(), ReplayProgress(cursor, ids)
    with _named_by_options():
        wanted = selection(ids=ids, rate=rate, cursor=cursor, **fields)
        status = _perform(partial(stack.recovery, answer=ReplayAnswer), wanted, so_far)
    seconds = time.monotonic() - begun
    if as_json:
        write_json({"dryRun": dry_run, **facts_of(so_far), "seconds": round(seconds, 3)})
    else:
        _show(so_far, seconds, wanted)
    if so_far.stopped:
        click.echo(f"stopped: {plain(so_far.stopped)}", err=True)
    if status and (so_far.stopped or so_far.cursor or so_far.left):
        again = call_again(click.get_current_context(), cursor=so_far.cursor, ids=so_far.left)
        click.echo(f"Go on with:\n  {again}", err=True)
    raise SystemExit(status)


def _check(
    everything: bool,
    ids: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    *,
    chosen: bool,
    cursor: str | None,
) -> None:
    """Refuse a choice of events that says nothing, or contradicts itself. Raises UsageError."""
    if not (everything or chosen or ids):
        raise click.UsageError("Which events? Give --tag, --from, --to or --id; or --all.")
    if everything and (chosen or ids):
        raise click.UsageError("--all is every event: leave it out, or --tag, --from, --to and --id.")
    if ids and (chosen or cursor):
        raise click.UsageError("--id stands alone: leave it out, or --tag, --from, --to and --cursor.")
    if since and until and until < since:
        raise click.UsageError(f"--to, {moment(until)}, is before --from, {moment(since)}.")
    if since and since > datetime.now(UTC):
        raise click.UsageError(f"--from, {moment(since)}, is in the future.")


@contextmanager
def _named_by_options() -> Iterator[None]:
    """Let the function's refusal name the options of the fields that it names."""
    try:
        yield
    except NothingDoneError as error:
        said = _FIELD.sub(lambda found: f"--{_OPTIONS[found[1]]}", error.message)
        raise NothingDoneError(said) from error


def _perform(invoke: Invoke, wanted: Replay, so_far: ReplayProgress) -> int:
    """Do it, as far as it goes; the exit status. Raises OperatorError as long as nothing was done."""
    begun_with, interrupted = (so_far.cursor, so_far.left), "interrupted"
    try:
        total = None if wanted.dry_run else _count(invoke, wanted, ReplayProgress(*begun_with))
        interrupted = "interrupted; the call under way still publishes, and going on publishes that again"
        with bar("counting" if wanted.dry_run else "replaying", total) as show_done:
            for _ in follow(invoke, wanted, so_far):
                show_done(so_far.done)
    except OperatorError as fault:
        if (so_far.cursor, so_far.left) == begun_with:
            raise
        so_far.stopped = fault.message
    except KeyboardInterrupt:
        so_far.stopped = interrupted
        return ExitStatus.INTERRUPTED
    return ExitStatus.DONE if so_far.complete else ExitStatus.UNFINISHED


def _count(invoke: Invoke, wanted: Replay, counted: ReplayProgress) -> int:
    """How many events, or ids, there are to replay. Raises OperatorError."""
    dry = wanted.model_copy(update={"dry_run": True, "events_per_second": None, "limit": MOST_AT_ONCE})
    with bar("counting") as show_done:
        for _ in follow(invoke, dry, counted):
            show_done(counted.done)
    if counted.stopped:
        raise UnfinishedError(f"Counting stopped: {counted.stopped}. Nothing was replayed.")
    return counted.done


def _show(so_far: ReplayProgress, seconds: float, wanted: Replay) -> None:
    done = so_far.counts["matched" if wanted.dry_run else "replayed"]
    verb = "read anew" if wanted.reading else "replayed"
    said = f"would be {verb}" if wanted.dry_run else f"{verb} in {per_second(done, seconds)}"
    click.echo(f"{many(done, 'event')} {said}")
    for slug, count in so_far.topics.most_common():
        click.echo(f"  {plain(slug):<28} {count:>10,}")
    if so_far.counts["gone"]:
        click.echo(f"  deleted meanwhile, their time being over: {so_far.counts['gone']:,}")
    for name, why in _READ_ANEW.items():
        if so_far.counts[name]:
            said = why.format(slug=wanted.reading and catalog.slug_of(wanted.reading))
            click.echo(f"  not published, {said}: {so_far.counts[name]:,}")
    for one in so_far.expired:
        click.echo(f"  not read, for its body is not kept any more: {plain(one)}")
    for one in so_far.refused:
        click.echo(f"  not published, for SNS refuses it: {plain(one)}")
    if unnamed := so_far.counts["refused"] - len(so_far.refused):
        click.echo(f"  not published, for SNS refuses them, and not named: {unnamed:,}")
    for one in so_far.not_found:
        click.echo(f"  not found: {plain(one)}")
