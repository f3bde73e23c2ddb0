"""Who is admitted while the token rotates."""

import pytest

from callback.authentication import FRESH_SECONDS, Authenticator
from relay.secrets import SecretUnavailableError
from tests.support.inbound import PREVIOUS, TOKEN, Secrets


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("token", [TOKEN, PREVIOUS])
def test_current_and_previous_are_admitted_with_one_read(token: str) -> None:
    secrets = Secrets(current=TOKEN, previous=PREVIOUS)
    authenticator = Authenticator(secrets.reader())

    assert [authenticator.admits(token) for _ in range(3)] == [True] * 3
    assert secrets.reads == 1


@pytest.mark.parametrize("secret", [{"current": TOKEN, "previous": ""}, {"current": TOKEN}])
def test_an_empty_token_is_never_admitted(secret: dict[str, str]) -> None:
    assert not Authenticator(Secrets(**secret).reader()).admits("")


def test_a_secret_with_an_empty_token_is_not_filled_and_turns_nobody_away_for_good() -> None:
    with pytest.raises(SecretUnavailableError):
        Authenticator(Secrets(current="").reader()).admits("any")


def test_a_new_token_is_admitted_at_once_and_the_old_one_still_is() -> None:
    clock, secrets = Clock(), Secrets(current="old")
    authenticator = Authenticator(secrets.reader(clock=clock))
    assert authenticator.admits("old")

    secrets.token = {"current": "new", "previous": "old"}
    clock.now += FRESH_SECONDS

    assert authenticator.admits("old")
    assert authenticator.admits("new")
    assert authenticator.admits("old")


def test_a_token_rotated_away_is_refused_once_the_kept_value_is_too_old() -> None:
    clock, secrets = Clock(), Secrets(current="old")
    authenticator = Authenticator(secrets.reader(clock=clock, max_age=300))
    assert authenticator.admits("old")
    secrets.token = {"current": "newest", "previous": "new"}
    clock.now += 300

    assert not authenticator.admits("old")


def test_guessing_costs_one_read_in_so_many_seconds() -> None:
    clock, secrets = Clock(), Secrets(current=TOKEN)
    authenticator = Authenticator(secrets.reader(clock=clock))

    for tenth in range(100):
        clock.now = 1_000 + tenth / 10
        assert not authenticator.admits("guess")

    assert secrets.reads <= 10 / FRESH_SECONDS + 1


@pytest.mark.parametrize(
    ("token", "path"), [("a+b/c=", "a%2Bb%2Fc%3D"), ("中文", "%E4%B8%AD%E6%96%87"), ("a%41", "a%41")]
)
def test_a_token_is_recognised_decoded_or_not(token: str, path: str) -> None:
    authenticator = Authenticator(Secrets(current=token).reader())

    assert authenticator.admits(path)
    assert authenticator.admits(token)


def test_a_token_is_decoded_once_only() -> None:
    assert not Authenticator(Secrets(current="a b").reader()).admits("a%2520b")
