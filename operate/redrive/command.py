"""`redrive`: send dead letters again, fixed in a file or as they are."""

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from operate.dead_letters.choice import letters_of, with_prefixes
from operate.dead_letters.held import DeadLetterQueue
from operate.errors import ExitStatus, NothingDoneError, OperatorError
from operate.options import json_option, with_stack
from operate.output import beginning, safe
from operate.progress import bar
from operate.redrive.file import Line, read_lines
from operate.redrive.run import NoticeQueue, Outgoing, Redriven, outgoing, send_and_delete
from operate.redrive.shown import show
from operate.stack import Stack


@click.command()
@with_stack
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@click.option(
    "--id", "ids", multiple=True, metavar="ID", help="That letter as it is; its beginning; repeatable."
)
@click.option("--all", "everything", is_flag=True, help="Every letter as it is.")
@click.option("--code", metavar="CODE", help="With --all: only those with an errorCode.")
@click.option("--org", metavar="ORGID", help="With --all: only those of an organisation.")
@click.option("--skip-invalid", is_flag=True, help="Send what is right in FILE, though not all is.")
@click.option("--force", is_flag=True, help="Send what FILE holds even if its letter is gone.")
@click.option("--dry-run", is_flag=True, help="Only check and count.")
@json_option
def redrive(stack: Stack, file: Path | None, dry_run: bool, as_json: bool, **options: Any) -> None:
    """Send rejected notices again: those in FILE, written by `dead-letters --save` and fixed, or others.

    A letter is deleted once its notice is on the queue again. What is cut off in between is sent again by
    the next redrive, and the portal takes a notice that it has for the same. A letter may be made into
    several lines with its deadLetter: then it is deleted once all of them are sent.

    Exit status: 0 all done; 1 something is left or AWS failed, and calling again is safe; 2 nothing was
    done, and what to fix is named; 130 interrupted.
    """
    _check(file, **options)
    begun, so_far, notices = time.monotonic(), Redriven(), NoticeQueue(stack)
    try:
        largest = notices.largest()
        lines = _lines(file, largest, so_far, **options) if file else None
        with DeadLetterQueue(stack) as letters:
            wanted = _wanted(letters, lines, largest, so_far, **options)
            left = Counter(one.letter for one in wanted)
            if dry_run:
                so_far.would = list(left)
            else:
                so_far.left = left
                _perform(wanted, notices, letters, so_far)
        status = so_far.status
    except KeyboardInterrupt:
        so_far.stopped, status = "interrupted", ExitStatus.INTERRUPTED
    show(so_far, time.monotonic() - begun, dry_run=dry_run, as_json=as_json)
    raise SystemExit(status)


def _check(file: Path | None, *, ids: tuple[str, ...], everything: bool, **options: Any) -> None:
    if sum(map(bool, (file, ids, everything))) != 1:
        raise click.UsageError("Which letters? Give FILE, --id or --all.")
    if not everything and (options["code"] or options["org"]):
        raise click.UsageError("--code and --org choose among --all.")
    if not file and (options["skip_invalid"] or options["force"]):
        raise click.UsageError("--skip-invalid and --force are about FILE.")


def _lines(file: Path, largest: int, so_far: Redriven, *, skip_invalid: bool, **_: Any) -> list[Line]:
    """Returns the lines to send. Raises NothingDoneError, having named each that is at fault."""
    try:
        lines, so_far.invalid = read_lines(file.read_bytes().decode("utf-8-sig"), largest)
    except (OSError, UnicodeDecodeError) as error:
        raise NothingDoneError(f"{file} cannot be read as UTF-8: {error}") from error
    for said in beginning([f"{file}, line {fault.line}: {fault.reason}" for fault in so_far.invalid]):
        click.echo(safe(said), err=True)
    if so_far.invalid and not skip_invalid:
        raise NothingDoneError("Nothing was sent. Fix these lines, or leave them out with --skip-invalid.")
    return lines


def _wanted(
    letters: DeadLetterQueue,
    lines: Sequence[Line] | None,
    largest: int,
    so_far: Redriven,
    *,
    ids: tuple[str, ...],
    code: str | None,
    org: str | None,
    force: bool,
    **_: Any,
) -> list[Outgoing]:
    """What to send for the letters that the queue holds. Raises OperatorError."""
    found = letters_of(letters, code=code, org=org, limit=None)
    if lines is not None:
        there = {one.id for one in found}
        gone = {} if force else dict.fromkeys(one.letter for one in lines if one.letter not in there)
        so_far.not_found = list(gone)
        return [outgoing(one.letter, one.body) for one in lines if force or one.letter in there]
    whole = [outgoing(one.id, one.body) for one in (with_prefixes(found, ids) if ids else found)]
    so_far.not_sent = {one.letter: "larger than the queue takes" for one in whole if one.size > largest}
    return [one for one in whole if one.size <= largest]


def _perform(
    wanted: Sequence[Outgoing], notices: NoticeQueue, letters: DeadLetterQueue, so_far: Redriven
) -> None:
    """Do it, as far as it goes. Raises OperatorError as long as nothing was done."""
    try:
        with bar("redriving", len(wanted)) as show_done:
            for _ in send_and_delete(wanted, notices, letters, so_far):
                show_done(so_far.tried)
    except OperatorError as fault:
        if not so_far.tried:
            raise
        so_far.stopped = fault.message
