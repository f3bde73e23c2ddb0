"""The commands; a further one is a module of its own and a line here."""

import click

from operate.dead_letters import dead_letters
from operate.failed import failed
from operate.redrive import redrive
from operate.register import register, unregister
from operate.replay import replay
from operate.send import send
from operate.status import status


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def cli() -> None:
    """Operate a deployed Mozi Relay.

    Exit status: 0 all done, 1 something is left or AWS failed, and calling again is safe, 2 nothing was done
    and the message says what to mend, 130 interrupted.
    """


cli.add_command(replay)
cli.add_command(dead_letters)
cli.add_command(redrive)
cli.add_command(send)
cli.add_command(register)
cli.add_command(unregister)
cli.add_command(failed)
cli.add_command(status)
