"""`python -m operate COMMAND …`."""

from operate.commands import cli

if __name__ == "__main__":
    cli(prog_name="python -m operate")
