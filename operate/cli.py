"""The commands; a further one is a package of its own and a line here."""

import os
import sys
from contextlib import suppress
from typing import NoReturn

import click

from operate.dead_letters.command import dead_letters
from operate.errors import ExitStatus
from operate.failed.command import failed
from operate.options import PROGRAM, Connect
from operate.output import write_all_text
from operate.redrive.command import redrive
from operate.register.command import register, unregister
from operate.replay.command import replay
from operate.rotate_token.command import rotate_token
from operate.send.command import send_file
from operate.status.command import status


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name=PROGRAM, message="%(prog)s %(version)s")
def cli() -> None:
    """Operate a deployed Mozi Relay.

    Exit status: 0 all done, 1 something is left or AWS failed, and calling again is safe, 2 nothing was done
    and the message says what to fix, 130 interrupted; 74 the output could not be written, 141 nobody reads it
    any more.
    """


for command in (replay, dead_letters, redrive, send_file, register, unregister, rotate_token, failed, status):
    cli.add_command(command)


def run(connect: Connect | None = None) -> NoReturn:
    """Run the command of this process, and end with its exit status; Ctrl-C ends it quietly.

    What a terminal's charset does not have is written as an escape. `connect` stands in for `find_stack`.
    """
    write_all_text(sys.stdout, sys.stderr)
    status: str | int | None
    try:
        status = _status(connect)
        if sys.stdout:
            sys.stdout.flush()
    except OSError as error:
        # That of a file has its name.
        if error.filename is not None:
            raise
        status = _unwritten(error)
    sys.exit(status)


def _status(connect: Connect | None) -> str | int | None:
    """Run the command; its exit status. Raises the OSError of an output that takes no more."""
    try:
        cli(prog_name=PROGRAM, obj=connect)
    except KeyboardInterrupt:
        return ExitStatus.INTERRUPTED
    except SystemExit as ended:
        # click and rich make status 1 of each.
        match ended.__context__:
            case click.Abort():
                return ExitStatus.INTERRUPTED
            case BrokenPipeError():
                return ExitStatus.UNREAD
        return ended.code
    return ExitStatus.DONE


def _unwritten(error: OSError) -> ExitStatus:
    """Say that what there was to say is lost, as far as that can be said; the exit status."""
    unread = isinstance(error, BrokenPipeError)
    if not unread:
        with suppress(OSError):
            said = f"Error: the output cannot be written: {error.strerror}. What was done stays done."
            click.echo(said, err=True)
    # What is left of it is tried again at the end, and would fail with a traceback.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    return ExitStatus.UNREAD if unread else ExitStatus.UNWRITTEN
