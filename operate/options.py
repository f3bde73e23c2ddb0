"""What several commands have in common: which stack, which time, how to call them again."""

import shlex
from collections.abc import Callable
from datetime import date, datetime, time
from functools import wraps
from typing import Any

import click

from operate.stack import Stack, find_stack

Connect = Callable[[str, str | None, str | None], Stack]


def with_stack(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command the options that name a stack, and the stack itself as `stack`.

    The context's object, if it has one, connects in place of `find_stack`.
    """

    @click.option(
        "--stack", "stack_name", envvar="RELAY_STACK", show_envvar=True, required=True, metavar="NAME"
    )
    @click.option("--region", metavar="REGION", help="Else as the AWS command line has it.")
    @click.option("--profile", metavar="NAME", help="Else as the AWS command line has it.")
    @click.pass_context
    @wraps(command)
    def connected(
        ctx: click.Context, /, *, stack_name: str, region: str | None, profile: str | None, **options: Any
    ) -> None:
        connect: Connect = ctx.obj or find_stack
        command(stack=connect(stack_name, region, profile), **options)

    return connected


class When(click.ParamType):
    """A date or a time as ISO 8601 has it, here with its offset from UTC; else this machine's time counts.

    A date alone is its first moment, or with `end` its last.
    """

    name = "time"

    def __init__(self, *, end: bool = False) -> None:
        self._of_date = time.max if end else time.min

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            if "T" in value or " " in value:
                moment = datetime.fromisoformat(value)
            else:
                moment = datetime.combine(date.fromisoformat(value), self._of_date)
            return (moment if moment.tzinfo else moment.astimezone()).isoformat(timespec="milliseconds")
        except (ValueError, OverflowError):
            self.fail(
                f"{value!r} is neither a date (2026-11-01) nor a time (2026-11-01T08:00+08:00)", param, ctx
            )


def command_line(ctx: click.Context, **changed: Any) -> str:
    """What to type to call the context's command once more, with these options changed."""
    words = ["python", "-m", "operate", ctx.info_name or ""]
    for option in ctx.command.params:
        if not isinstance(option, click.Option):
            continue
        value: Any = (ctx.params | changed).get(option.name or "")
        if option.is_flag:
            words += [option.opts[0]] if value else []
        else:
            for one in value if option.multiple else [value]:
                words += [] if one is None else [option.opts[0], str(one)]
    return shlex.join(words)
