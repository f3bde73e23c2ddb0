"""The callback's secret: never half filled, never shown, and recognised as an event source writes it."""

import json
from typing import Any, cast

import pytest
from pydantic import ValidationError

from relay.callback_token import LONGEST_TOKEN, SHORTEST_TOKEN, CallbackToken
from relay.secrets import SecretReader, SecretUnavailableError

FIT = "Abc-123_" * 4


class Holding:
    """Secrets Manager with this text."""

    def __init__(self, text: str) -> None:
        self._text = text

    def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: N803
        return {"SecretString": self._text}


def read(secret: dict[str, Any] | str) -> CallbackToken:
    text = secret if isinstance(secret, str) else json.dumps(secret)
    return SecretReader("the-arn", CallbackToken, lambda: cast(Any, Holding(text))).get()


@pytest.mark.parametrize("given", [{}, {"current": ""}, {"current": None}, {"previous": FIT}])
def test_a_secret_without_a_current_token_is_not_filled(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        CallbackToken.model_validate(given)


@pytest.mark.parametrize("length", [SHORTEST_TOKEN, SHORTEST_TOKEN + 1, LONGEST_TOKEN])
def test_a_token_of_a_fit_length_is_taken_with_whatever_else_the_secret_holds(length: int) -> None:
    token = (FIT * 4)[:length]

    secret = read({"current": token, "previous": token[::-1], "capture": {"until": 1}})

    assert (secret.current, secret.previous) == (token, token[::-1])


@pytest.mark.parametrize("field", ["current", "previous"])
@pytest.mark.parametrize(
    ("token", "fault"),
    [
        ("s" * (SHORTEST_TOKEN - 1), "has 15 characters, and a token has 16 to 128"),
        ("s" * (LONGEST_TOKEN + 1), "has 129 characters, and a token has 16 to 128"),
        *((f"{FIT}{unfit}", "has a character other than letters, digits, - and _") for unfit in "/ +%.é中\n"),
    ],
)
def test_a_token_that_could_never_work_is_refused_by_its_field_and_never_shown(
    field: str, token: str, fault: str
) -> None:
    with pytest.raises(SecretUnavailableError) as refused:
        read({"current": FIT, field: token})

    assert str(refused.value) == (
        f"the-arn is not filled: it must be JSON with current, previous; {field} {fault}"
    )


def test_each_field_at_fault_is_named() -> None:
    with pytest.raises(SecretUnavailableError) as refused:
        read({"current": "hush1", "previous": ["hush2"]})

    assert "current has 5 characters" in str(refused.value)
    assert "previous Input should be a valid string" in str(refused.value)
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize("text", ["hush", "{hush", '{"current": "hush', "[]"])
def test_of_what_is_no_json_nothing_is_shown(text: str) -> None:
    with pytest.raises(SecretUnavailableError) as refused:
        read(text)

    assert str(refused.value) == "the-arn is not filled: it must be JSON with current, previous"


def test_no_token_is_shown() -> None:
    assert FIT not in repr(CallbackToken(current=FIT, previous=FIT))


@pytest.mark.parametrize("path", [FIT, FIT.replace("-", "%2D"), FIT.replace("_", "%5f")])
def test_a_token_is_recognised_decoded_or_not(path: str) -> None:
    assert CallbackToken(current="other" * 4, previous=FIT).matches(path)


@pytest.mark.parametrize("path", ["", "\ud800", FIT.replace("-", "%252D"), f"{FIT}/", "中" * 16, FIT.lower()])
def test_nothing_else_is(path: str) -> None:
    assert not CallbackToken(current=FIT).matches(path)
