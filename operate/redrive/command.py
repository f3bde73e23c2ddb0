"""`redrive`: send dead letters again, fixed in a file or as they are."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import click

from operate.dead_letters.choice import letters_of, short_ids, with_prefixes
from operate.dead_letters.held import DeadLetterQueue, Letter
from operate.errors import ExitStatus, NothingDoneError, OperatorError
from operate.options import json_option, with_stack
from operate.output import beginning, facts_of, many, per_second, plain, safe, write_json
from operate.progress import bar
from operate.redrive.file import Line, read_lines
from operate.redrive.run import Outgoing, Redriven, largest_message, send_and_delete
from operate.stack import Stack
from relay.notices.record import TOO_LATE


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
@click.option("--anyway", is_flag=True, help="Send what is too late too, without its notAfter.")
@click.option("--dry-run", is_flag=True, help="Only check and count.")
@json_option
def redrive(
    stack: Stack,
    file: Path | None,
    ids: tuple[str, ...],
    everything: bool,
    code: str | None,
    org: str | None,
    skip_invalid: bool,
    force: bool,
    anyway: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Send rejected notices again: those in FILE, written by `dead-letters --save` and fixed, or others.

    A letter is deleted once its notice is on the queue again. What is cut off in between is sent again by
    the next redrive, and the portal takes a notice that it has for the same. A letter may be made into
    several lines with its deadLetter: then it is deleted once all of them are sent. The message attributes
    that its sender gave go with each of them. What has a notAfter that is over would be rejected again: it
    is not sent, but for --anyway.

    Exit status: 0 all done; 1 something is left or AWS failed, and calling again is safe; 2 nothing was
    done, and what to fix is named; 130 interrupted.
    """
    ways = [name for name, given in (("FILE", file), ("--id", ids), ("--all", everything)) if given]
    if not ways:
        raise click.UsageError("Which letters? Give FILE, --id or --all.")
    if len(ways) > 1:
        raise click.UsageError(f"Give only one of {', '.join(ways[:-1])} and {ways[-1]}.")
    if not everything and (code or org):
        raise click.UsageError("--code and --org choose among --all.")
    if not file and (skip_invalid or force):
        raise click.UsageError("--skip-invalid and --force are about FILE.")
    begun, so_far, names = time.monotonic(), Redriven(), dict[str, str]()
    try:
        largest = largest_message(stack)
        lines = _lines(file, largest, so_far, skip_invalid) if file else None
        with DeadLetterQueue(stack) as letters:
            found = letters_of(letters, code=code, org=org, limit=None)
            names = _names(found)
            if lines is not None:
                wanted = _of_file(lines, found, so_far, force)
            else:
                chosen = with_prefixes(found, ids) if ids else found
                wanted = [Outgoing(one.id, one.body, one.senders, one.code == TOO_LATE) for one in chosen]
            wanted = _fitting(_in_time(wanted, so_far, anyway), so_far, largest)
            if dry_run:
                so_far.redriven = list(dict.fromkeys(one.letter for one in wanted))
            else:
                so_far.left = Counter(one.letter for one in wanted)
                _perform(wanted, stack, letters, so_far)
        status = so_far.status
    except KeyboardInterrupt:
        so_far.stopped, status = "interrupted", ExitStatus.INTERRUPTED
    _show(so_far, names, time.monotonic() - begun, dry_run=dry_run, as_json=as_json)
    raise SystemExit(status)


def _lines(file: Path, largest: int, so_far: Redriven, skip_invalid: bool) -> list[Line]:
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


def _of_file(lines: Sequence[Line], found: Iterable[Letter], so_far: Redriven, force: bool) -> list[Outgoing]:
    """What to send of a file: with `force` also lines whose letter is gone, and its attributes with it."""
    senders = {one.id: one.senders for one in found}
    gone = {} if force else dict.fromkeys(one.letter for one in lines if one.letter not in senders)
    so_far.not_found = list(gone)
    kept = (one for one in lines if one.letter not in gone)
    return [Outgoing(one.letter, one.body, senders.get(one.letter, {})) for one in kept]


def _in_time(wanted: Sequence[Outgoing], so_far: Redriven, anyway: bool) -> list[Outgoing]:
    """What is not too late, of a letter all or nothing; `anyway` all, without the moment that is over."""
    now = time.time()
    if anyway:
        return [one.without_limit() if one.is_late(now) else one for one in wanted]
    late = dict.fromkeys(one.letter for one in wanted if one.is_late(now))
    so_far.too_late = list(late)
    return [one for one in wanted if one.letter not in late]


def _fitting(wanted: Sequence[Outgoing], so_far: Redriven, largest: int) -> list[Outgoing]:
    """What the queue takes, of a letter all or nothing."""
    too_large = {one.letter for one in wanted if one.size > largest}
    so_far.not_sent = dict.fromkeys(sorted(too_large), "larger than the queue takes")
    return [one for one in wanted if one.letter not in too_large]


def _perform(wanted: Sequence[Outgoing], stack: Stack, letters: DeadLetterQueue, so_far: Redriven) -> None:
    """Do it, as far as it goes. Raises OperatorError as long as nothing was done."""
    try:
        with bar("redriving", len(wanted)) as show_done:
            for _ in send_and_delete(wanted, stack, letters, so_far):
                show_done(so_far.tried)
    except OperatorError as fault:
        if not so_far.tried:
            raise
        so_far.stopped = fault.message


def _names(letters: Sequence[Letter]) -> dict[str, str]:
    """Each letter as `dead-letters` shows it: the beginning of its id, and its messageId if that is known."""
    names = {one.id: one.attributes.get("messageId", "") for one in letters}
    return {
        one: f"{short} ({names[one]})" if names[one] else short for one, short in short_ids(letters).items()
    }


def _show(
    so_far: Redriven, names: Mapping[str, str], seconds: float, *, dry_run: bool, as_json: bool
) -> None:
    if as_json:
        facts = facts_of(so_far) | {"left": list(so_far.left)}
        write_json({"dryRun": dry_run, **facts, "seconds": round(seconds, 3)})
    else:
        done = len(so_far.redriven)
        said = "would be redriven" if dry_run else f"redriven in {per_second(done, seconds)}"
        click.echo("\n".join([f"{many(done, 'letter')} {said}", *_remarks(so_far, names)]))
    if so_far.too_late:
        late = many(len(so_far.too_late), "letter", "are")
        click.echo(f"{late} too late to be sent: --anyway sends without notAfter.", err=True)
    if so_far.stopped:
        click.echo(f"stopped: {plain(so_far.stopped)}", err=True)
    if so_far.left:
        click.echo(f"{many(len(so_far.left), 'letter', 'are')} left: call it again.", err=True)


def _remarks(so_far: Redriven, names: Mapping[str, str]) -> Iterator[str]:
    def name(letter: str) -> str:
        return names.get(letter, letter)

    left = [f"  not sent, still a dead letter: {name(one)} {code}" for one, code in so_far.not_sent.items()]
    sent = [
        f"  sent, but still a dead letter: {name(one)} {code}" for one, code in so_far.not_deleted.items()
    ]
    late = [f"  not sent, still a dead letter: {name(one)} too late" for one in so_far.too_late]
    gone = [f"  not sent, no dead letter any more: {one}" for one in so_far.not_found]
    for lines in (left, late, sent, gone):
        yield from beginning([safe(line) for line in lines])
    if so_far.invalid:
        yield f"  not sent, wrong in the file: {many(len(so_far.invalid), 'line')}"
