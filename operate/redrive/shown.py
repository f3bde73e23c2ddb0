"""What a person, or a program, sees of a redrive."""

from collections.abc import Iterator

import click

from operate.output import beginning, many, plain, safe, write_json
from operate.redrive.run import Redriven


def show(so_far: Redriven, seconds: float, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        write_json(_facts(so_far, seconds, dry_run))
    else:
        done = len(so_far.redriven)
        rate = f"redriven in {seconds:,.1f} s ({done / max(seconds, 0.001):,.1f}/s)"
        would = f"{many(len(so_far.would), 'letter')} would be redriven"
        said = would if dry_run else f"{many(done, 'letter')} {rate}"
        click.echo("\n".join([said, *_remarks(so_far)]))
    if so_far.stopped:
        click.echo(f"stopped: {plain(so_far.stopped)}", err=True)
    if so_far.left:
        are_left = f"{many(len(so_far.left), 'letter')} {'is' if len(so_far.left) == 1 else 'are'} left"
        click.echo(f"{are_left}: call it again.", err=True)


def _remarks(so_far: Redriven) -> Iterator[str]:
    left = [f"  not sent, still a dead letter: {one} {code}" for one, code in so_far.not_sent.items()]
    sent = [f"  sent, but still a dead letter: {one} {code}" for one, code in so_far.not_deleted.items()]
    gone = [f"  not sent, no dead letter any more: {one}" for one in so_far.not_found]
    for lines in (left, sent, gone):
        yield from beginning([safe(line) for line in lines])
    if so_far.invalid:
        yield f"  not sent, wrong in the file: {many(len(so_far.invalid), 'line')}"


def _facts(so_far: Redriven, seconds: float, dry_run: bool) -> dict[str, object]:
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
