"""What a person, or a program, sees of a file of notices."""

import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

import click

from operate.output import WIDTH, beginning, many, per_second, safe
from operate.send.entries import Mistake
from operate.send.run import Sending
from relay.notices.record import NOT_AFTER

_LINES_SHOWN = 3
# Wide characters take two columns.
_ID_SHOWN = 40


def mistakes(sending: Sending, *, left_out: bool) -> None:
    """On the error output: what is wrong, and what may not be meant."""
    if sending.mistakes:
        end = "left out" if left_out else "nothing was sent"
        said = f"{many(len(sending.mistakes), 'notice')} of {sending.read:,} cannot be sent; {end}:"
        _list(said, sending.mistakes)
        if not left_out and sending.good:
            click.echo("Fix them, or send the others alone with --skip-invalid.", err=True)
    if sending.doubts:
        _list("Notices that share a messageId but differ:", sending.doubts)
        click.echo("The portal keeps the content that reaches it first.", err=True)
    if sending.unknown:
        unknown = sending.unknown.items()
        fields = [f"  {_short(name)} ({_lines(lines)}){_meant(name)}" for name, lines in unknown]
        _say(["Unknown fields, sent as they are:", *beginning(fields)])


def summary(sending: Sending, seconds: float, *, dry_run: bool) -> None:
    organisations, messages = sending.on_queue(dry_run=dry_run)
    count = organisations.total()
    on_queue = "would be sent" if dry_run else f"{'are' if count != 1 else 'is'} on the queue"
    in_messages = many(messages, "SQS message")
    speed = "" if dry_run else f", {per_second(count, seconds)}"
    of = many(len(organisations), "organisation")
    click.echo(f"{many(count, 'notice')} of {of} {on_queue}: {in_messages}{speed}")
    lines = [f"  {_short(org_id):<40} {notices:>10,}" for org_id, notices in organisations.most_common()]
    click.echo("".join(f"{line}\n" for line in beginning(lines, "more organisations")), nl=False)


def facts(sending: Sending, seconds: float, *, dry_run: bool) -> dict[str, object]:
    """Returns the outcome as a program gets it."""
    organisations, messages = sending.on_queue(dry_run=dry_run)
    return {
        "dryRun": dry_run,
        "counts": {
            "read": sending.read,
            "good": sending.good,
            "invalid": len(sending.mistakes),
            "onQueue": 0 if dry_run else organisations.total(),
            "sqsMessages": messages,
        },
        "organisations": dict(organisations),
        "invalid": _facts(sending.mistakes),
        "differing": _facts(sending.doubts),
        "unknownFields": sending.unknown,
        "notOnQueue": _facts(sending.missing()),
        "stopped": sending.stopped,
        "seconds": round(seconds, 3),
    }


def what_is_left(sending: Sending) -> bool:
    """On the error output: what ended the sending, and what is not on the queue. Whether there is any."""
    missing = sending.missing()
    if sending.stopped:
        under_way = "; the request under way may be there too" if missing else ""
        there = f"; {many(sending.on_queue(dry_run=False)[0].total(), 'notice')} on the queue{under_way}"
        _say([f"stopped: {sending.stopped}{there if sending.checked else ''}"])
    if missing:
        _list(f"{many(len(missing), 'notice')} not known to be on the queue:", missing)
    return bool(missing or sending.stopped)


def _list(title: str, found: Sequence[Mistake]) -> None:
    names = (f" ({_short(one.message_id)})" if one.message_id else "" for one in found)
    _say([title, *beginning([f"  line {one.line}{next(names)}: {one.reason}" for one in found])])


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(textwrap.fill(safe(line), WIDTH, subsequent_indent="    "), err=True)


def _lines(numbers: Sequence[int]) -> str:
    more = f" and {len(numbers) - _LINES_SHOWN:,} more" if len(numbers) > _LINES_SHOWN else ""
    listed = ", ".join(str(number) for number in numbers[:_LINES_SHOWN])
    return f"line{'' if len(numbers) == 1 else 's'} {listed}{more}"


def _meant(name: str) -> str:
    """A notice whose last moment has another name would be sent without one."""
    alike = name.translate({ord(one): None for one in "_- "}).lower() == NOT_AFTER.lower()
    return f": did you mean {NOT_AFTER}?" if alike else ""


def _short(name: str) -> str:
    """A name as a terminal can show it."""
    seen = safe(name[:_ID_SHOWN])
    return seen if len(name) <= _ID_SHOWN else f"{seen[:-1]}…"


def _facts(found: Sequence[Mistake]) -> list[dict[str, Any]]:
    return [{"line": one.line, "messageId": one.message_id, "reason": one.reason} for one in found]
