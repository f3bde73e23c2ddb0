"""Who is admitted while the token rotates, and while somebody guesses."""

import json

import pytest

from callback.admission import READS_PER_SECOND
from callback.intake import Intake
from callback.request import CallbackRequest
from callback.responses import CallbackResponse
from tests.support.inbound import PREVIOUS, TOKEN, Inbound, Secrets, rest_api

OLD, NEW, NEWEST = (f"{name}-token-of-this-relay" for name in ("old", "new", "newest"))
GUESS = "guess-guess-guess-guess"


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
    intake = Inbound(secrets.check()).intake

    assert [is_admitted(token, intake) for _ in range(3)] == [True] * 3
    assert secrets.reads == 1


@pytest.mark.parametrize("secret", [{"current": TOKEN, "previous": ""}, {"current": TOKEN}])
def test_an_empty_token_is_never_admitted(secret: dict[str, str]) -> None:
    assert not is_admitted("", Inbound(Secrets(**secret).check()).intake)


@pytest.mark.parametrize("current", ["", "short", "a-token/with-a-slash"])
def test_a_token_that_could_never_work_is_named_and_turns_nobody_away_for_good(current: str) -> None:
    intake = Inbound(Secrets(current=current).check()).intake

    receipt = intake.receive(CallbackRequest.of(rest_api("", token="any")))

    assert receipt.response is CallbackResponse.UNAVAILABLE
    assert "current has " in str(receipt.fault)
    assert not current or current not in str(receipt.fault)


@pytest.mark.parametrize("after", [0.0, 0.001, 1.0, 299.0])
def test_a_new_token_is_admitted_from_the_first_moment_and_the_old_one_still_is(after: float) -> None:
    clock, secrets = Clock(), Secrets(current=OLD)
    intake = Inbound(secrets.check(clock)).intake
    assert is_admitted(OLD, intake)
    # An unknown token has had the secret read just before.
    assert not is_admitted(GUESS, intake)

    secrets.token = {"current": NEW, "previous": OLD}
    clock.now += after

    assert [is_admitted(token, intake) for token in (OLD, NEW, OLD, NEW)] == [True] * 4


def test_a_token_rotated_away_is_refused_once_the_kept_value_is_too_old() -> None:
    clock, secrets = Clock(), Secrets(current=OLD)
    intake = Inbound(secrets.check(clock, max_age=300)).intake
    assert is_admitted(OLD, intake)
    secrets.token = {"current": NEWEST, "previous": NEW}
    clock.now += 300

    assert not is_admitted(OLD, intake)


@pytest.mark.parametrize("each", [0.0, 0.01, 0.1])
def test_guessing_costs_so_many_reads_a_second_and_what_is_not_checked_is_not_refused(each: float) -> None:
    clock, secrets = Clock(), Secrets(current=TOKEN)
    intake = Inbound(secrets.check(clock)).intake
    assert is_admitted(TOKEN, intake)

    responses = []
    for _ in range(300):
        responses.append(response_to(GUESS, intake))
        clock.now += each

    allowed = READS_PER_SECOND * (int(300 * each) + 1)
    assert responses.count(CallbackResponse.FORBIDDEN) == secrets.reads - 1 <= allowed
    assert responses.count(CallbackResponse.NOT_CHECKED) == 300 - (secrets.reads - 1)


def test_under_a_flood_a_new_token_is_told_to_come_back_and_never_refused() -> None:
    clock, secrets = Clock(), Secrets(current=OLD)
    intake = Inbound(secrets.check(clock)).intake
    is_admitted(OLD, intake)
    for _ in range(READS_PER_SECOND):
        response_to(GUESS, intake)
    secrets.token = {"current": NEW, "previous": OLD}

    assert response_to(NEW, intake) is CallbackResponse.NOT_CHECKED
    assert is_admitted(OLD, intake)
    clock.now += 1
    assert is_admitted(NEW, intake)


def test_what_is_not_checked_has_a_503_and_a_metric_of_its_own() -> None:
    response = CallbackResponse.NOT_CHECKED

    assert (response.status, json.loads(response.body)["errcode"]) == (503, "5033")
    assert [one.metric for one in CallbackResponse].count(response.metric) == 1


def test_a_clock_set_back_gives_the_allowance_back() -> None:
    clock, secrets = Clock(), Secrets(current=TOKEN)
    intake = Inbound(secrets.check(clock)).intake
    is_admitted(TOKEN, intake)
    for _ in range(READS_PER_SECOND):
        response_to(GUESS, intake)
    clock.now -= 3600

    assert response_to(GUESS, intake) is CallbackResponse.FORBIDDEN


# Kept: young enough, too old and bridged, bridged for the last time, too old for that.
AGES = [0, 1, 299, 300, 301, 330, 331, 3599, 3600]


@pytest.mark.parametrize("age", AGES)
@pytest.mark.parametrize("token", [NEW, GUESS])
def test_during_an_outage_of_secrets_manager_no_unknown_token_is_refused(token: str, age: float) -> None:
    clock, secrets = Clock(), Secrets(current=OLD)
    intake = Inbound(secrets.check(clock)).intake
    is_admitted(OLD, intake)
    secrets.token, secrets.fails = {"current": NEW, "previous": OLD}, True
    clock.now += age

    for after in (0, 0.5, 1, 29, 31, 300):
        clock.now += after
        assert response_to(token, intake).status == 503


def test_after_an_outage_the_new_token_is_admitted_and_a_guess_refused() -> None:
    clock, secrets = Clock(), Secrets(current=OLD)
    intake = Inbound(secrets.check(clock)).intake
    is_admitted(OLD, intake)
    secrets.token, secrets.fails = {"current": NEW, "previous": OLD}, True
    clock.now += 300
    assert is_admitted(OLD, intake)
    assert response_to(NEW, intake) is CallbackResponse.UNAVAILABLE

    secrets.fails = False
    clock.now += 1

    assert is_admitted(NEW, intake)
    assert not is_admitted(GUESS, intake)


def test_an_outage_costs_no_more_reads_than_guessing_does() -> None:
    clock, secrets = Clock(), Secrets(current=OLD)
    intake = Inbound(secrets.check(clock)).intake
    is_admitted(OLD, intake)
    secrets.fails = True
    clock.now += 300

    for _ in range(100):
        assert response_to(GUESS, intake).status == 503

    assert secrets.reads - 1 <= READS_PER_SECOND + 1
