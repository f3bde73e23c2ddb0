"""Who is admitted while the token rotates."""

import pytest

from callback.intake import FRESH_SECONDS, Intake
from callback.request import CallbackRequest
from callback.responses import CallbackResponse
from tests.support.inbound import PREVIOUS, TOKEN, Inbound, Secrets, rest_api


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def response_to(token: str, intake: Intake) -> CallbackResponse:
    """What a request without a body is answered, which is the same for every token that is admitted."""
    return intake.receive(CallbackRequest.of(rest_api("", token=token))).response


def is_admitted(token: str, intake: Intake) -> bool:
    response = response_to(token, intake)
    assert response in (CallbackResponse.EMPTY, CallbackResponse.FORBIDDEN)
    return response is CallbackResponse.EMPTY


@pytest.mark.parametrize("token", [TOKEN, PREVIOUS])
def test_current_and_previous_are_admitted_with_one_read(token: str) -> None:
    secrets = Secrets(current=TOKEN, previous=PREVIOUS)
    intake = Inbound(secrets.reader()).intake

    assert [is_admitted(token, intake) for _ in range(3)] == [True] * 3
    assert secrets.reads == 1


@pytest.mark.parametrize("secret", [{"current": TOKEN, "previous": ""}, {"current": TOKEN}])
def test_an_empty_token_is_never_admitted(secret: dict[str, str]) -> None:
    assert not is_admitted("", Inbound(Secrets(**secret).reader()).intake)


def test_a_secret_with_an_empty_token_is_not_filled_and_turns_nobody_away_for_good() -> None:
    intake = Inbound(Secrets(current="").reader()).intake

    assert response_to("any", intake) is CallbackResponse.UNAVAILABLE


def test_a_new_token_is_admitted_at_once_and_the_old_one_still_is() -> None:
    clock, secrets = Clock(), Secrets(current="old")
    intake = Inbound(secrets.reader(clock=clock)).intake
    assert is_admitted("old", intake)

    secrets.token = {"current": "new", "previous": "old"}
    clock.now += FRESH_SECONDS

    assert is_admitted("old", intake)
    assert is_admitted("new", intake)
    assert is_admitted("old", intake)


def test_a_token_rotated_away_is_refused_once_the_kept_value_is_too_old() -> None:
    clock, secrets = Clock(), Secrets(current="old")
    intake = Inbound(secrets.reader(clock=clock, max_age=300)).intake
    assert is_admitted("old", intake)
    secrets.token = {"current": "newest", "previous": "new"}
    clock.now += 300

    assert not is_admitted("old", intake)


def test_guessing_costs_one_read_in_so_many_seconds() -> None:
    clock, secrets = Clock(), Secrets(current=TOKEN)
    intake = Inbound(secrets.reader(clock=clock)).intake

    for tenth in range(100):
        clock.now = 1_000 + tenth / 10
        assert not is_admitted("guess", intake)

    assert secrets.reads <= 10 / FRESH_SECONDS + 1
