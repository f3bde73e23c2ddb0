"""`python -m operate COMMAND …`."""

import sys

INTERRUPTED = 130


def _run() -> None:
    """A Ctrl-C that no command answers itself ends it quietly, even while it is being loaded."""
    try:
        from click import Abort

        from operate.commands import cli
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    try:
        cli(prog_name="python -m operate")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except SystemExit as ended:
        # What click makes of Ctrl-C would be status 1: call it again.
        sys.exit(INTERRUPTED if isinstance(ended.__context__, Abort) else ended.code)


if __name__ == "__main__":
    _run()
