"""Settings that a function reads from its environment once per container."""

import os
from collections.abc import Callable, Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

type Clock = Callable[[], float]
"""Seconds that pass: since the epoch (`time.time`), or since any moment (`time.monotonic`)."""

type Names = Annotated[frozenset[str], BeforeValidator(lambda listed: filter(None, listed.split(",")))]
"""Names, in the environment with commas between."""


class Settings(BaseModel):
    """Base for a function's settings: field `event_table` is read from EVENT_TABLE.

    Holds names and limits, never secret values. Raises pydantic's ValidationError, which names the
    variables at fault.
    """

    # Deferred: the base itself is never loaded.
    model_config = ConfigDict(alias_generator=str.upper, frozen=True, defer_build=True)

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    # Keeps the metrics of two stacks in one account apart; a metric takes no empty dimension.
    stack_name: str = Field(default="local", min_length=1)

    @classmethod
    def load(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Returns the settings of this environment. Raises ValidationError."""
        return cls.model_validate(dict(environ))
