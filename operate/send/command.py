"""`send`: put the notices of a file on the queue."""

import time
from collections.abc import Iterator
from functools import partial
from itertools import chain
from typing import IO, Any

import click

from operate.errors import ExitStatus, NothingDoneError, OperatorError, operator_errors
from operate.options import Word, call_again, json_option, with_stack
from operate.output import write_json
from operate.progress import bar
from operate.send import shown
from operate.send.csv_rows import csv_rows
from operate.send.entries import (
    BLANK,
    Entry,
    Mistake,
    NoNoticeError,
    entries_of,
    json_lines,
    last_moment,
    organisation,
)
from operate.send.json_values import is_document, json_values
from operate.send.run import Sending, make_ready, put_on_queue
from operate.send.spool import keeping
from operate.stack import Stack

CHECKING = "interrupted while checking; nothing was sent"
_FORMS = {"jsonl": "jsonl", "ndjson": "jsonl", "json": "json"} | dict.fromkeys(("csv", "tsv", "txt"), "csv")
# Bytes; more than most notices have. The beginning of a longer line tells an array, which may be all in it.
_READ = 262_144
# How often a person sees how far the reading came, in notices.
_SHOWN_EVERY = 500


@click.command("send")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@with_stack
@click.option(
    "--org", type=Word(organisation), metavar="ID", help="The organisation of those that name none."
)
@click.option(
    "--not-after",
    type=Word(last_moment),
    metavar="TIME",
    help="The last moment of those that name none, such as 2026-11-22T18:00:00+08:00.",
)
@click.option(
    "--format", "form", type=click.Choice(["jsonl", "json", "csv"]), help="Else by the file's suffix."
)
@click.option("--skip-invalid", is_flag=True, help="Send the good ones although others are wrong.")
@click.option("--dry-run", is_flag=True, help="Only check.")
@json_option
def send_file(
    stack: Stack,
    file: str,
    org: str | None,
    not_after: str | None,
    form: str | None,
    skip_invalid: bool,
    **how: bool,
) -> None:
    """Put the notices of FILE on the queue, once all of them are checked; `-` is the standard input.

    FILE is UTF-8: JSON Lines, a notice a line, maybe with its orgId and notAfter, or {"orgId", "messages",
    "notAfter"?} as the queue takes it; JSON, an array of such or one over several lines; or a table with a
    header row, its cells apart by comma, semicolon or tab as that row has them: orgId, messageId,
    messageType, targetType, targets (u123;u456), appId, url, header, header.zh_CN, body, appName, tags,
    notAfter, …
    Sending a file again is safe: the portal shows each user a notice once.

    Exit status: 0 all done; 1 something is left or AWS failed, and calling again is safe; 2 nothing was
    sent, and what to fix is named; 130 interrupted.
    """
    form = form or _form(file)
    queue_url = stack.output("NoticeQueueUrl")
    with keeping() as kept:
        sending, begun, status = Sending(kept), time.monotonic(), int(ExitStatus.INTERRUPTED)
        try:
            make_ready(_entries(file, form, org, not_after), sending)
            status = _refused(sending, skip_invalid)
            begun = time.monotonic()
            if status < ExitStatus.NOTHING_DONE and not how["dry_run"]:
                status = _perform(sending, queue_url, stack.client("sqs")) or status
        except KeyboardInterrupt:
            sending.stopped = "interrupted" if sending.checked else CHECKING
            status = ExitStatus.INTERRUPTED
        _show(sending, time.monotonic() - begun, file, status, **how)
    raise SystemExit(status)


def _form(file: str) -> str:
    suffix = "json" if file == "-" else file.rpartition(".")[2].lower()
    if suffix not in _FORMS:
        raise click.UsageError(f"What is in {file}? Give --format jsonl, --format json or --format csv.")
    return _FORMS[suffix]


def _entries(file: str, form: str, org: str | None, not_after: str | None) -> Iterator[Entry | Mistake]:
    """Raises NothingDoneError, about a file without notices too."""
    with click.open_file(file, "rb") as given, bar("reading") as show_done:
        done = 0
        for done, entry in enumerate(entries_of(_found(given, form), org, not_after), 1):
            yield entry
            if done % _SHOWN_EVERY == 0:
                show_done(done)
        show_done(done)
    if not done:
        raise NothingDoneError(f"{file} holds no notice. Nothing was sent.")


def _found(file: IO[bytes], form: str) -> Iterator[tuple[int, str | dict[str, Any] | NoNoticeError]]:
    if form == "csv":
        return csv_rows(file)
    if form == "jsonl":
        return json_lines(file)
    head: list[bytes] = []
    while not (head and head[-1].strip(BLANK)) and (line := file.readline(_READ)):
        head.append(line)
    if head and not is_document(head[-1]):
        return json_lines(chain(head, file))
    return json_values(chain(head, iter(partial(file.read, _READ), b"")))


def _refused(sending: Sending, skip_invalid: bool) -> int:
    """The exit status that the check alone leads to."""
    if not sending.mistakes:
        return ExitStatus.DONE
    return ExitStatus.UNFINISHED if skip_invalid and sending.good else ExitStatus.NOTHING_DONE


def _perform(sending: Sending, queue_url: str, sqs: Any) -> int:
    """Send, as far as it goes; the exit status. Raises NothingDoneError as long as nothing was sent."""
    try:
        with bar("sending", sending.good) as show_done, operator_errors():
            for tried in put_on_queue(sending, queue_url, sqs):
                show_done(tried)
    except OperatorError as fault:
        if isinstance(fault, NothingDoneError) and not sending.tried:
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
