"""The commands; a further one is a package of its own and a line here."""

import sys
from typing import NoReturn

import click

from operate.dead_letters.command import dead_letters
from operate.errors import ExitStatus
from operate.failed.command import failed
from operate.options import PROGRAM
from operate.output import write_all_text
from operate.redrive.command import redrive
from operate.register.command import register, unregister
from operate.replay.command import replay
from operate.rotate_token.command import rotate_token
from operate.send.command import send_file
from operate.status.command import status


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def cli() -> None:
    """Operate a deployed Mozi Relay.

    Exit status: 0 all done, 1 something is left or AWS failed, and calling again is safe, 2 nothing was done
    and the message says what to fix, 130 interrupted.
    """


for command in (replay, dead_letters, redrive, send_file, register, unregister, rotate_token, failed, status):
    cli.add_command(command)


def run() -> NoReturn:
    """Run the command of this process, and end with its exit status; Ctrl-C ends it quietly."""
    write_all_text(sys.stdout, sys.stderr)
    try:
        cli(prog_name=PROGRAM)
    except KeyboardInterrupt:
        sys.exit(ExitStatus.INTERRUPTED)
    except SystemExit as ended:
        # What click makes of Ctrl-C would be status 1.
        interrupted = isinstance(ended.__context__, click.Abort)
        sys.exit(ExitStatus.INTERRUPTED if interrupted else ended.code)
    sys.exit(ExitStatus.DONE)
