"""What a person, or a program, is told about a file of notices."""

import json
import textwrap
from collections.abc import Sequence
from typing import Any

import click

from operate.notice_file import Mistake
from operate.sending import Sent

MOST_LISTED = 20
_WIDTH = 100
# Wide characters take two columns.
_ID_SHOWN = 40


def mistakes(sent: Sent, *, sending: bool) -> None:
    """On the error output: what is wrong, and what may not be meant."""
    ready = sent.ready
    if ready.mistakes:
        end = "left out" if sending else "nothing was sent"
        said = f"{_many(len(ready.mistakes), 'notice')} of {ready.read:,} cannot be sent; {end}:"
        _list(said, ready.mistakes)
    if ready.mistakes and not sending and ready.messages:
        click.echo("Mend them, or send the others alone with --skip-invalid.", err=True)
    if ready.doubts:
        _list("Notices that share a messageId but differ:", ready.doubts)
        click.echo("The portal keeps the content that reaches it first.", err=True)


def summary(sent: Sent, seconds: float, *, dry_run: bool) -> None:
    ready, organisations = sent.ready, sent.organisations()
    if dry_run:
        organisations.update(entry.org_id for entries in ready.messages.values() for entry in entries)
    count = organisations.total()
    on_queue = "would be sent" if dry_run else f"{'are' if count != 1 else 'is'} on the queue"
    in_messages = _many(len(ready.messages) if dry_run else sent.messages, "SQS message")
    speed = "" if dry_run else f", {seconds:,.1f} s ({count / max(seconds, 0.001):,.1f}/s)"
    of = _many(len(organisations), "organisation")
    click.echo(f"{_many(count, 'notice')} of {of} {on_queue}: {in_messages}{speed}")
    for org_id, notices in organisations.most_common(MOST_LISTED):
        click.echo(f"  {_short(org_id):<40} {notices:>10,}")
    if len(organisations) > MOST_LISTED:
        click.echo(f"  … and {len(organisations) - MOST_LISTED:,} more organisations")


def as_json(sent: Sent, seconds: float, *, dry_run: bool) -> str:
    ready, organisations = sent.ready, sent.organisations()
    facts = {
        "dryRun": dry_run,
        "counts": {
            "read": ready.read,
            "good": ready.good,
            "invalid": len(ready.mistakes),
            "onQueue": organisations.total(),
            "sqsMessages": len(ready.messages) if dry_run else sent.messages,
        },
        "organisations": dict(organisations),
        "invalid": _facts(ready.mistakes),
        "differing": _facts(ready.doubts),
        "notOnQueue": _facts(sent.missing()),
        "stopped": sent.stopped,
        "seconds": round(seconds, 3),
    }
    return json.dumps(facts)


def what_is_left(sent: Sent) -> bool:
    """On the error output: what ended the sending, and what is not on the queue. Whether there is any."""
    missing = sent.missing()
    if sent.stopped:
        under_way = "; the request under way may be there too" if missing else ""
        there = f"{_many(sent.organisations().total(), 'notice')} on the queue{under_way}"
        _wrapped(f"stopped: {sent.stopped}; {there}")
    if missing:
        _list(f"{_many(len(missing), 'notice')} not known to be on the queue:", missing)
    return bool(missing or sent.stopped)


def _list(title: str, found: Sequence[Mistake]) -> None:
    click.echo(title, err=True)
    for one in found[:MOST_LISTED]:
        named = f" ({_short(one.message_id)})" if one.message_id else ""
        _wrapped(f"  line {one.line}{named}: {one.reason}")
    if len(found) > MOST_LISTED:
        click.echo(f"  … and {len(found) - MOST_LISTED:,} more", err=True)


def _wrapped(text: str) -> None:
    click.echo(textwrap.fill(text, _WIDTH, subsequent_indent="    "), err=True)


def _short(name: str) -> str:
    """A name as a terminal can show it."""
    seen = "".join(one if one.isprintable() else "�" for one in name[:_ID_SHOWN])
    return seen if len(name) <= _ID_SHOWN else f"{seen[:-1]}…"


def _facts(found: Sequence[Mistake]) -> list[dict[str, Any]]:
    return [{"line": one.line, "messageId": one.message_id, "reason": one.reason} for one in found]


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
