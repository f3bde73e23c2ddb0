"""Which eventTags a command is about."""

from typing import Any

import click

from relay import catalog
from relay.api.base import event_tag


class Tag(click.ParamType):
    """An eventTag or its slug; becomes the slug. With `unclassified`, also the topic of no tag."""

    name = "tag"

    def __init__(self, *, unclassified: bool = False) -> None:
        self._unclassified = unclassified

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if self._unclassified and value == catalog.UNCLASSIFIED:
            return catalog.UNCLASSIFIED
        try:
            return catalog.slug_of(event_tag(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)
