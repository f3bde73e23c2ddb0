"""The callback's secret: never half filled, never shown, and recognised as an event source writes it."""

import pytest
from pydantic import ValidationError

from relay.callback_token import CallbackToken


@pytest.mark.parametrize("given", [{}, {"current": ""}, {"current": None}, {"previous": "old"}])
def test_a_secret_without_a_current_token_is_not_filled(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        CallbackToken.model_validate(given)


def test_no_token_is_shown() -> None:
    assert "hush" not in repr(CallbackToken(current="hush1", previous="hush2"))


@pytest.mark.parametrize(
    ("token", "path"), [("a+b/c=", "a%2Bb%2Fc%3D"), ("中文", "%E4%B8%AD%E6%96%87"), ("a%41", "a%41")]
)
def test_a_token_is_recognised_decoded_or_not(token: str, path: str) -> None:
    secret = CallbackToken(current="other", previous=token)

    assert secret.matches(path)
    assert secret.matches(token)


def test_a_token_is_decoded_once_only() -> None:
    assert not CallbackToken(current="a b").matches("a%2520b")


def test_no_previous_token_is_no_empty_token() -> None:
    assert not CallbackToken(current="a").matches("")
