"""The callback's secret, which the callback compares with and the gateway function registers."""

from pydantic import BaseModel, ConfigDict, Field


class CallbackToken(BaseModel):
    """The token in the callback address, and the one before it; empty for none."""

    model_config = ConfigDict(frozen=True)

    current: str = Field(min_length=1, repr=False)
    previous: str = Field(default="", repr=False)
