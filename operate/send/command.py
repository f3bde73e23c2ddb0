"""`send`: put the notices of a file on the queue."""

import time
from collections.abc import Iterator
from typing import Any

import click

from operate.errors import ExitStatus, NothingDoneError, OperatorError, operator_errors
from operate.options import Word, call_again, json_option, with_stack
from operate.output import write_json
from operate.progress import bar
from operate.send import shown
from operate.send.csv_rows import csv_rows
from operate.send.entries import Entry, Mistake, entries_of, json_lines, organisation
from operate.send.run import Sending, make_ready, put_on_queue
from operate.stack import Stack

CHECKING = "interrupted while checking; nothing was sent"
_CSV_BY_SUFFIX = {"jsonl": False, "ndjson": False, "json": False, "csv": True}
# How often a person sees how far the reading came, in notices.
_SHOWN_EVERY = 500


@click.command("send")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@with_stack
@click.option(
    "--org", type=Word(organisation), metavar="ID", help="The organisation of those that name none."
)
@click.option("--format", "form", type=click.Choice(["jsonl", "csv"]), help="Else by the file's suffix.")
@click.option("--skip-invalid", is_flag=True, help="Send the good ones although others are wrong.")
@click.option("--dry-run", is_flag=True, help="Only check.")
@json_option
def send_file(
    stack: Stack, file: str, org: str | None, form: str | None, skip_invalid: bool, **how: bool
) -> None:
    """Put the notices of FILE on the queue, once all of them are checked; `-` is the standard input.

    FILE is UTF-8: JSON Lines, a notice a line, maybe with its orgId, or {"orgId", "messages"} as the queue
    takes it; or CSV with a header row, its cells apart by , or ; as that row has them: orgId, messageId,
    messageType, targetType, targets (u123;u456), appId, url, header, header.zh_CN, body, appName, tags, …
    Sending a file again is safe: the portal shows each user a notice once.

    Exit status: 0 all done; 1 something is left or AWS failed, and calling again is safe; 2 nothing was
    sent, and what to fix is named; 130 interrupted.
    """
    csv = form == "csv" if form else _is_csv(file)
    queue_url = stack.output("NoticeQueueUrl")
    begun, sending, status = time.monotonic(), Sending(), int(ExitStatus.INTERRUPTED)
    try:
        make_ready(_entries(file, csv, org), sending)
        status = _refused(sending, skip_invalid)
        begun = time.monotonic()
        if status < ExitStatus.NOTHING_DONE and not how["dry_run"]:
            status = _perform(sending, queue_url, stack.client("sqs")) or status
    except KeyboardInterrupt:
        sending.stopped, status = ("interrupted" if sending.checked else CHECKING), ExitStatus.INTERRUPTED
    _show(sending, time.monotonic() - begun, file, status, **how)
    raise SystemExit(status)


def _is_csv(file: str) -> bool:
    suffix = "jsonl" if file == "-" else file.rpartition(".")[2].lower()
    if suffix not in _CSV_BY_SUFFIX:
        raise click.UsageError(f"What is in {file}? Give --format jsonl or --format csv.")
    return _CSV_BY_SUFFIX[suffix]


def _entries(file: str, csv: bool, org: str | None) -> Iterator[Entry | Mistake]:
    with click.open_file(file, "rb") as lines, bar("reading") as show_done:
        done = 0
        for done, entry in enumerate(entries_of(csv_rows(lines) if csv else json_lines(lines), org), 1):
            yield entry
            if done % _SHOWN_EVERY == 0:
                show_done(done)
        show_done(done)


def _refused(sending: Sending, skip_invalid: bool) -> int:
    """The exit status that the check alone leads to."""
    if not sending.mistakes:
        return ExitStatus.DONE
    return ExitStatus.UNFINISHED if skip_invalid and sending.messages else ExitStatus.NOTHING_DONE


def _perform(sending: Sending, queue_url: str, sqs: Any) -> int:
    """Send, as far as it goes; the exit status. Raises NothingDoneError as long as nothing was sent."""
    try:
        with bar("sending", sending.good) as show_done, operator_errors():
            for tried in put_on_queue(sending, queue_url, sqs):
                show_done(tried)
    except OperatorError as fault:
        if isinstance(fault, NothingDoneError) and not sending.codes:
            raise
        sending.stopped = fault.message
    return ExitStatus.UNFINISHED if sending.missing() else ExitStatus.DONE


def _show(sending: Sending, seconds: float, file: str, status: int, *, dry_run: bool, as_json: bool) -> None:
    """The outcome on the output; what is wrong on the error output, so that a program's JSON stays alone."""
    shown.mistakes(sending, left_out=status != ExitStatus.NOTHING_DONE)
    if as_json:
        write_json(shown.facts(sending, seconds, dry_run=dry_run))
    elif status != ExitStatus.NOTHING_DONE and sending.checked:
        shown.summary(sending, seconds, dry_run=dry_run)
    if shown.what_is_left(sending):
        again = call_again(click.get_current_context(), file)
        click.echo(f"Send it again; the portal shows each user a notice once:\n  {again}", err=True)
