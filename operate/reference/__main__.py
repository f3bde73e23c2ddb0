"""`make schemas`: write the event reference anew."""

import click

from operate.reference.files import EVENTS, write


@click.command()
def schemas() -> None:
    """Write the event reference into events/."""
    written = write(EVENTS)
    click.echo(f"{len(written)} files changed" + "".join(f"\n  events/{name}" for name in written))


if __name__ == "__main__":
    schemas(prog_name="make schemas")
