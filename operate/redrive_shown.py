"""What a person, or a program, is told about a redrive."""

import json
from collections.abc import Iterator
from typing import Any

import click

from operate.listing import beginning
from operate.page import many
from operate.redriving import Redriven


def show(so_far: Redriven, seconds: float, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(_facts(so_far, seconds, dry_run), ensure_ascii=False))
    else:
        done = len(so_far.redriven)
        rate = f"redriven in {seconds:,.1f} s ({done / max(seconds, 0.001):,.1f}/s)"
        would = f"{many(len(so_far.would), 'letter')} would be redriven"
        said = would if dry_run else f"{many(done, 'letter')} {rate}"
        click.echo("\n".join([said, *_remarks(so_far)]))
    if so_far.stopped:
        click.echo(f"stopped: {so_far.stopped}", err=True)
    if so_far.left:
        are_left = f"{many(len(so_far.left), 'letter')} {'is' if len(so_far.left) == 1 else 'are'} left"
        click.echo(f"{are_left}: call it again.", err=True)


def _remarks(so_far: Redriven) -> Iterator[str]:
    left = [f"  not sent, still a dead letter: {one} {code}" for one, code in so_far.not_sent.items()]
    sent = [f"  sent, but still a dead letter: {one} {code}" for one, code in so_far.not_deleted.items()]
    gone = [f"  not sent, no dead letter any more: {one}" for one in so_far.not_found]
    for lines in (left, sent, gone):
        yield from beginning(lines)
    if so_far.invalid:
        yield f"  not sent, wrong in the file: {many(len(so_far.invalid), 'line')}"


def _facts(so_far: Redriven, seconds: float, dry_run: bool) -> dict[str, Any]:
    return {
        "dryRun": dry_run,
        "redriven": so_far.would if dry_run else so_far.redriven,
        "notSent": so_far.not_sent,
        "notDeleted": so_far.not_deleted,
        "notFound": so_far.not_found,
        "invalid": [{"line": fault.line, "reason": fault.reason} for fault in so_far.invalid],
        "left": list(so_far.left),
        "stopped": so_far.stopped,
        "seconds": round(seconds, 3),
    }
