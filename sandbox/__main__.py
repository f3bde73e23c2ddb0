"""`python -m sandbox demo` and `python -m sandbox up`."""

import argparse
import os
import sys

from rich.markup import escape

from sandbox import demo, up
from sandbox.cloud import SandboxError
from sandbox.leaving import leave_properly
from sandbox.screen import Screen

# What the local cloud's own users expect; `demo` takes a free port instead.
UP_PORT = 4566


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="The whole relay on this machine.")
    parser.add_argument("command", choices=["demo", "up"], help="run it and check it, or leave it running")
    given = os.environ.get("SANDBOX_PORT", "0")
    parser.add_argument("--port", type=_port, default=given, help="the local cloud's (default: SANDBOX_PORT)")
    arguments = parser.parse_args()
    leave_properly()
    screen = Screen()
    try:
        if arguments.command == "demo":
            return demo.run(screen, arguments.port)
        return up.run(screen, arguments.port or UP_PORT)
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
