"""The callback's secret: never half filled, never shown."""

import pytest
from pydantic import ValidationError

from relay.secrets import CallbackToken


@pytest.mark.parametrize("given", [{}, {"current": ""}, {"current": None}, {"previous": "old"}])
def test_a_secret_without_a_current_token_is_not_filled(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        CallbackToken.model_validate(given)


def test_no_token_is_shown() -> None:
    assert "hush" not in repr(CallbackToken(current="hush1", previous="hush2"))
