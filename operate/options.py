"""What several commands have in common: which stack, tags and time; JSON; how to call them again."""

import shlex
import shutil
import sys
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from functools import wraps
from pathlib import Path
from typing import Any

import click

from operate.stack import Stack, find_stack
from relay import catalog
from relay.api.base import event_tag

Connect = Callable[[str, str | None, str | None], Stack]
_STACK_OPTIONS = ("stack_name", "region", "profile")

PROGRAM = "mozi-relay"

json_option = click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON, for programs.")


def with_stack(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that name a stack, and the stack itself as `stack`.

    The context's object, if it has one, connects in place of `find_stack`.
    """

    @click.option(
        "--stack",
        "stack_name",
        envvar="RELAY_STACK",
        show_envvar=True,
        required=True,
        metavar="NAME",
        help="The deployed stack.",
    )
    @click.option("--region", metavar="REGION", help="Else as the AWS command line has it.")
    @click.option("--profile", metavar="NAME", help="Else as the AWS command line has it.")
    @click.pass_context
    @wraps(command)
    def connected(
        ctx: click.Context, /, *, stack_name: str, region: str | None, profile: str | None, **options: object
    ) -> None:
        connect: Connect = ctx.obj or find_stack
        command(stack=connect(stack_name, region, profile), **options)

    return connected


class Tag(click.ParamType):
    """An eventTag or its slug; becomes the slug. With `unclassified`, also the topic of no tag."""

    name = "tag"

    def __init__(self, *, unclassified: bool = False) -> None:
        self._unclassified = unclassified

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if self._unclassified and value == catalog.UNCLASSIFIED:
            return catalog.UNCLASSIFIED
        try:
            return catalog.slug_of(event_tag(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class When(click.ParamType):
    """A date or a time as ISO 8601 has it; becomes a time with an offset, by default this machine's.

    A date alone is its first moment, or with `end` its last.
    """

    name = "time"

    def __init__(self, *, end: bool = False) -> None:
        self._of_date = time.max if end else time.min

    def convert(
        self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            if "T" in value or " " in value:
                moment = datetime.fromisoformat(value)
            else:
                moment = datetime.combine(date.fromisoformat(value), self._of_date)
            return moment if moment.tzinfo else moment.astimezone()
        except (ValueError, OverflowError):
            self.fail(
                f"{value!r} is neither a date (2026-11-01) nor a time (2026-11-01T08:00+08:00)", param, ctx
            )


def program() -> str:
    """Returns what runs this program from a shell: its name where that is on the PATH, else its path."""
    called = Path(sys.argv[0])
    if called.name != PROGRAM or shutil.which(PROGRAM) == str(called.absolute()):
        return PROGRAM
    return str(called)


def same_stack(ctx: click.Context, command: str, *words: str) -> str:
    """Returns what to type to call another command for the context's stack."""
    return shlex.join([program(), command, *_given(ctx, _STACK_OPTIONS), *words])


def call_again(ctx: click.Context, *words: str, **changed: object) -> str:
    """Returns what to type to call the context's command once more, with these options changed."""
    names = [option.name or "" for option in ctx.command.params]
    return shlex.join([program(), ctx.info_name or "", *_given(ctx, names, **changed), *words])


def _given(ctx: click.Context, names: Sequence[str], **changed: object) -> list[str]:
    words: list[str] = []
    values: dict[str, Any] = ctx.params | changed
    for option in ctx.command.params:
        if not isinstance(option, click.Option) or option.name not in names:
            continue
        value = values.get(option.name or "")
        if option.is_flag:
            words += [option.opts[0]] if value else []
            continue
        for one in (value or ()) if option.multiple else (value,):
            words += [] if one is None else [option.opts[0], _written(one)]
    return words


def _written(value: object) -> str:
    return value.isoformat(timespec="milliseconds") if isinstance(value, datetime) else str(value)
