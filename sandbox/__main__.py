"""`python -m sandbox demo`, `python -m sandbox up` and `python -m sandbox local-invoke`."""

import argparse
import os
import sys

from rich.markup import escape

from sandbox.cloud import local_invoke
from sandbox.cloud.leaving import leave_properly
from sandbox.cloud.ministack import SandboxError
from sandbox.demo import demo, up
from sandbox.demo.screen import Screen

# What the local cloud's own users expect; `demo` takes a free port instead.
UP_PORT = 4566


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="The whole relay on this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    given = os.environ.get("SANDBOX_PORT")
    port = f"the local cloud's, 0 for a free one (default: SANDBOX_PORT, else {UP_PORT}; demo: a free one)"
    for name, what in (("demo", "run it and check it"), ("up", "leave it running")):
        commands.add_parser(name, help=what).add_argument("--port", type=_port, default=given, help=port)
    what = "while it is up: run `sam local invoke` against it, with all that follows"
    # Options too are SAM's, --help among them.
    invoke = commands.add_parser("local-invoke", help=what, prefix_chars="\0", add_help=False)
    invoke.add_argument("words", nargs="*")
    arguments = parser.parse_args()
    leave_properly()
    screen = Screen()
    try:
        if arguments.command == "demo":
            return demo.run(screen, arguments.port or 0)
        if arguments.command == "local-invoke":
            return local_invoke.run(arguments.words)
        return up.run(screen, UP_PORT if arguments.port is None else arguments.port)
    except SandboxError as error:
        screen.console.print(f"[red]✗[/] {escape(str(error))}", soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        screen.console.print("stopped")
        return 130


def _port(text: str) -> int:
    if text.isdecimal() and int(text) < 65_536:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no port: a number up to 65535, or 0 for a free one")


if __name__ == "__main__":
    sys.exit(main())
