"""`dead-letters`: list rejected notices, save them to be fixed, delete some."""

from collections.abc import Sequence
from itertools import batched
from pathlib import Path
from typing import Any

import click

from operate.dead_letters.choice import letters_of, with_prefixes
from operate.dead_letters.held import DeadLetterQueue, Letter, unbroken
from operate.dead_letters.shown import by_code, line_of, outcome_in, show_letters
from operate.errors import ExitStatus, NothingDoneError, OperatorError
from operate.options import confirm, json_option, same_stack, with_stack
from operate.output import many, plain, write_json, write_new
from operate.progress import bar
from operate.stack import Stack
from relay.sqs import REQUEST_ENTRIES


@click.command("dead-letters")
@with_stack
@click.option("--org", metavar="ORGID", help="Only those of an organisation.")
@click.option("--code", metavar="CODE", help="Only those with an errorCode.")
@click.option("--id", "ids", multiple=True, metavar="ID", help="Only that one; its beginning; repeatable.")
@click.option("--limit", type=click.IntRange(1), help="At most so many, whichever come first.")
@click.option("--save", type=click.Path(path_type=Path), help="Into a new file, a line each, to be fixed.")
@click.option("--delete", "deleting", is_flag=True, help="Delete those that --id names.")
@click.option("--yes", is_flag=True, help="Delete without asking.")
@json_option
def dead_letters(
    stack: Stack,
    org: str | None,
    code: str | None,
    ids: tuple[str, ...],
    limit: int | None,
    save: Path | None,
    deleting: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """List the notices that were rejected, and why; nothing is changed unless --delete is given.

    Exit status: 0 all done; 1 something is left or AWS failed, and calling again is safe; 2 nothing was
    done, and what to fix is named; 130 interrupted.
    """
    if deleting and (not ids or save or org or code or limit):
        raise click.UsageError("Which letters are deleted? Give --id, and none of the others.")
    if save and save.exists():
        raise NothingDoneError(f"{save} is there already, and may hold what somebody fixed: name a new file.")
    with DeadLetterQueue(stack) as queue:
        letters = letters_of(queue, code=code, org=org, limit=None if ids else limit)
        letters = with_prefixes(letters, ids)[:limit] if ids else letters
        if deleting:
            raise SystemExit(_delete(queue, letters, yes=yes, as_json=as_json))
    if save and letters:
        try:
            write_new(save, map(line_of, letters))
        except OSError as error:
            raise NothingDoneError(f"{save} cannot be written: {error.strerror}") from error
    if as_json:
        write_json({"byCode": dict(by_code(letters)), "letters": [_facts(one) for one in letters]})
    else:
        show_letters(letters)
    if save and not letters:
        click.echo(f"There is nothing to save: {plain(str(save))} is not written.", err=True)
    elif save:
        redrive = same_stack(click.get_current_context(), "redrive", str(save))
        click.echo(f"{len(letters):,} saved. Fix {plain(str(save))}, then:\n  {redrive}", err=True)


def _facts(letter: Letter) -> dict[str, Any]:
    names = ("messageId", "orgId", "errorCode", "errorMessage")
    return {
        "deadLetter": letter.id,
        **{name: letter.attributes.get(name, "") for name in names},
        "outcome": outcome_in(letter.body) is not None,
        "rejectedAt": letter.rejected_at and letter.rejected_at.isoformat(timespec="milliseconds"),
        "body": letter.body,
    }


def _delete(queue: DeadLetterQueue, letters: Sequence[Letter], *, yes: bool, as_json: bool) -> int:
    """Delete once that is confirmed, as far as it goes; the exit status."""
    if not (yes or as_json):
        show_letters(letters)
    if not (yes or confirm(f"Delete {many(len(letters), 'dead letter')} for good?")):
        raise NothingDoneError("Nothing was deleted.")
    failed: dict[str, str] = {}
    left, status, stopped = [one.id for one in letters], 0, ""
    try:
        with bar("deleting", len(letters)) as show_done:
            for part in batched(tuple(left), REQUEST_ENTRIES, strict=False):
                with unbroken():
                    failed |= queue.delete(part)
                    left = left[len(part) :]
                show_done(len(letters) - len(left))
    except OperatorError as fault:
        stopped = fault.message
    except KeyboardInterrupt:
        status, stopped = ExitStatus.INTERRUPTED, "interrupted"
    deleted = len(letters) - len(left) - len(failed)
    if as_json:
        write_json({"deleted": deleted, "notDeleted": failed, "left": left, "stopped": stopped})
    else:
        not_deleted = [f"  not deleted: {plain(one)} {plain(code)}" for one, code in failed.items()]
        click.echo("\n".join([f"{many(deleted, 'dead letter')} deleted", *not_deleted]))
    if stopped:
        click.echo(f"stopped: {plain(stopped)}; {many(len(left), 'letter', 'are')} left", err=True)
    return status or (ExitStatus.UNFINISHED if failed or left else ExitStatus.DONE)
