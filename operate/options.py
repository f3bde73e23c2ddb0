"""What several commands have in common: which stack, tags and time; JSON; how to call them again."""

import re
import shlex
import shutil
import sys
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from functools import wraps
from pathlib import Path
from typing import Any

import click

from operate.errors import ExitStatus, NothingDoneError
from operate.stack import Stack, find_stack
from relay import catalog
from relay.api import base

Connect = Callable[[str, str | None, str | None], Stack]
_STACK_OPTIONS = ("stack_name", "region", "profile")

PROGRAM = "mozi-relay"

json_option = click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON, for programs.")


def with_stack(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that name a stack, and the stack itself as `stack`.

    The context's object, if it has one, connects in place of `find_stack`. Ctrl-C ends the command quietly.
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
        try:
            command(stack=connect(stack_name, region, profile), **options)
        except (KeyboardInterrupt, click.Abort) as stop:
            click.echo("; ".join(["stopped: interrupted", *map(str, stop.args)]), err=True)
            raise SystemExit(ExitStatus.INTERRUPTED) from None

    return connected


class Word(click.ParamType):
    """What `value_of` makes of a word on the command line; its ValueError says what is wrong with it."""

    name = "word"

    def __init__(self, value_of: Callable[[str], object]) -> None:
        self._value_of = value_of

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return self._value_of(value)
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)


def tag_slug(name: str) -> str:
    """Returns the slug of an eventTag that is named as such or by its slug. Raises ValueError."""
    return catalog.slug_of(base.event_tag(name))


def topic_slug(name: str) -> str:
    """Returns a topic's slug: that of an eventTag, or of no tag. Raises ValueError."""
    if name == catalog.UNCLASSIFIED:
        return name
    try:
        return tag_slug(name)
    except ValueError as error:
        others = f"events of other eventTags are on the topic {catalog.UNCLASSIFIED}"
        raise ValueError(f"{error}; {others}: --tag {catalog.UNCLASSIFIED}") from error


def tags_option[Command: Callable[..., object]](
    slug_of: Callable[[str], str], said: str = "An eventTag or its slug; repeatable."
) -> Callable[[Command], Command]:
    """Give a command the option that names eventTags, as `tags`: their slugs."""
    return click.option("--tag", "tags", multiple=True, type=Word(slug_of), metavar="SLUG", help=said)


def possible_id(name: str) -> str:
    """Returns what may be an event's id. Raises ValueError."""
    if not re.fullmatch(base.EVENT_ID, name):
        raise ValueError(f"{name!r} is no event's id")
    return name


def first_moment(given: str) -> datetime:
    """Returns a time of ISO 8601, of a date its first moment; by default of this machine's offset."""
    return _moment(given, time.min)


def last_moment(given: str) -> datetime:
    """Returns a time of ISO 8601, of a date its last moment; by default of this machine's offset."""
    return _moment(given, time.max)


def _moment(given: str, of_date: time) -> datetime:
    try:
        if "T" in given or " " in given:
            moment = datetime.fromisoformat(given)
        else:
            moment = datetime.combine(date.fromisoformat(given), of_date)
        return moment if moment.tzinfo else moment.astimezone()
    except (ValueError, OverflowError) as error:
        said = "is neither a date (2026-11-01) nor a time (2026-11-01T08:00+08:00)"
        raise ValueError(f"{given!r} {said}") from error


def confirm(question: str) -> bool:
    """Returns whether a person agrees. Raises NothingDoneError where nobody is there to answer."""
    unanswered = NothingDoneError("Nothing was done: nobody answers here. --yes does it without asking.")
    if not sys.stdin:
        raise unanswered
    try:
        return click.confirm(question, err=True)
    except click.Abort as stop:
        # As click makes one of Ctrl-C too.
        if not isinstance(stop.__context__, EOFError):
            raise
        click.echo(err=True)
        raise unanswered from None


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
