"""`python -m sandbox demo`, `python -m sandbox up` and `python -m sandbox local-invoke`."""

import argparse
import os
import sys

from sandbox import lifecycle
from sandbox.cloud import local_invoke
from sandbox.demo import demo, up

# What the local cloud's own users expect; `demo` takes a free port instead.
UP_PORT = 4566


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="The whole relay on this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    given = os.environ.get("SANDBOX_PORT")
    ports = f"the local cloud's, 0 for a free one (default: SANDBOX_PORT, else {UP_PORT}; demo: a free one)"
    for name, what in (("demo", "run it and check it"), ("up", "leave it running")):
        commands.add_parser(name, help=what).add_argument("--port", type=_port, default=given, help=ports)
    what = "while it is up: run `sam local invoke` against it, with all that follows"
    # Options too are SAM's, --help among them.
    invoke = commands.add_parser("local-invoke", help=what, prefix_chars="\0", add_help=False)
    invoke.add_argument("words", nargs="*")
    arguments = parser.parse_args()
    if arguments.command == "local-invoke":
        return lifecycle.run(lambda _: local_invoke.run(arguments.words))
    if arguments.command == "demo":
        return lifecycle.run(lambda console: demo.run(console, arguments.port or 0))
    return lifecycle.run(
        lambda console: up.run(console, UP_PORT if arguments.port is None else arguments.port)
    )


def _port(text: str) -> int:
    if text.isdecimal() and int(text) < 65_536:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no port: a number up to 65535, or 0 for a free one")


if __name__ == "__main__":
    sys.exit(main())
