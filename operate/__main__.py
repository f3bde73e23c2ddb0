"""`mozi-relay COMMAND …`, also as `python -m operate`."""

import sys

MISSING = """mozi-relay lacks {what}. It runs where `make setup` installed it: call .venv/bin/mozi-relay,
or put it on the PATH with `. .venv/bin/activate`."""


def main() -> None:
    """Run the command line, and end with its exit status."""
    if sys.version_info < (3, 13):  # noqa: UP036 - this file alone is read by older ones
        sys.exit(_not_here("Python 3.13"))
    try:
        # Ctrl-C may come while the command is still being loaded.
        from operate.cli import run
    except KeyboardInterrupt:
        sys.exit(130)
    except ModuleNotFoundError as error:
        sys.exit(_not_here("the package " + str(error.name)))
    run()


def _not_here(what: str) -> int:
    sys.stderr.write(MISSING.format(what=what) + "\n")
    return 2


if __name__ == "__main__":
    main()
