"""Secret values: kept for a while, fresh when asked, and never in an error."""

from typing import Any, Never

import boto3
import pytest
from botocore.exceptions import ConnectTimeoutError
from botocore.parsers import ResponseParserError
from pydantic import BaseModel

from relay.secrets import SecretReader, SecretUnavailableError
from tests.support.template import make_secret

pytestmark = pytest.mark.usefixtures("cloud")


class Credentials(BaseModel):
    key: str
    secret: str


class Clock:
    """Seconds that pass when the test says so."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def reader(arn: str, clock: Clock) -> SecretReader[Credentials]:
    return SecretReader(arn, Credentials, lambda: boto3.client("secretsmanager"), max_age=300, clock=clock)


def put(arn: str, text: str) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId=arn, SecretString=text)


def test_a_value_is_kept_until_it_is_too_old() -> None:
    arn, clock = make_secret("credentials", '{"key": "a", "secret": "1"}'), Clock()
    secret = reader(arn, clock)
    assert secret.get().key == "a"
    put(arn, '{"key": "b", "secret": "2"}')

    clock.now += 299
    assert secret.get().key == "a"
    clock.now += 1
    assert secret.get().key == "b"


def test_a_fresher_value_is_had_by_asking() -> None:
    arn, clock = make_secret("credentials", '{"key": "a", "secret": "1"}'), Clock()
    secret = reader(arn, clock)
    secret.get()
    put(arn, '{"key": "b", "secret": "2"}')

    clock.now += 5
    assert secret.get(max_age=6).key == "a"
    assert secret.get(max_age=5).key == "b"


def test_a_clock_that_is_set_back_makes_a_value_too_old() -> None:
    arn, clock = make_secret("credentials", '{"key": "a", "secret": "1"}'), Clock()
    secret = reader(arn, clock)
    secret.get()
    put(arn, '{"key": "b", "secret": "2"}')

    clock.now -= 1
    assert secret.get().key == "b"


def test_a_secret_that_nobody_filled_says_which_fields_it_wants() -> None:
    secret = reader(make_secret("credentials", None), Clock())

    with pytest.raises(SecretUnavailableError, match="credentials"):
        secret.get()


@pytest.mark.parametrize("text", ["", "not JSON hush", '{"key": "hush"}', '["hush"]'])
def test_a_value_of_the_wrong_shape_is_named_by_its_fields_and_never_shown(text: str) -> None:
    secret = reader(make_secret("credentials", text or " "), Clock())

    with pytest.raises(SecretUnavailableError, match="key, secret") as caught:
        secret.get()

    assert "hush" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_an_outage_does_not_replace_a_value_that_is_still_young_enough() -> None:
    arn, clock = make_secret("credentials", '{"key": "a", "secret": "1"}'), Clock()
    secret = reader(arn, clock)
    secret.get()
    boto3.client("secretsmanager").delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)

    with pytest.raises(SecretUnavailableError):
        secret.get(max_age=0)
    assert secret.get().key == "a"


class Flaky:
    """A client that is asked, and answers or fails as it is told to."""

    def __init__(self) -> None:
        self.asked, self.down = 0, False

    def get_secret_value(self, *, SecretId: str) -> dict[str, str]:  # noqa: N803
        self.asked += 1
        if self.down:
            raise ConnectTimeoutError(endpoint_url=SecretId)
        return {"SecretString": '{"key": "a", "secret": "1"}'}


def test_an_outage_is_bridged_by_the_last_value_for_an_hour_and_no_longer() -> None:
    client: Any = Flaky()
    clock = Clock()
    secret = SecretReader("arn", Credentials, lambda: client, max_age=300, clock=clock)
    secret.get()
    client.down = True

    clock.now += 3599
    assert secret.get().key == "a"
    clock.now += 1
    with pytest.raises(SecretUnavailableError):
        secret.get()


def test_a_value_that_must_be_fresh_is_not_bridged() -> None:
    client: Any = Flaky()
    clock = Clock()
    secret = SecretReader("arn", Credentials, lambda: client, max_age=300, clock=clock)
    secret.get()
    client.down = True

    clock.now += 3
    with pytest.raises(SecretUnavailableError):
        secret.get(max_age=3)


def test_a_reader_that_keeps_nothing_bridges_nothing() -> None:
    client: Any = Flaky()
    secret = SecretReader("arn", Credentials, lambda: client, max_age=0, clock=Clock())
    secret.get()
    client.down = True

    with pytest.raises(SecretUnavailableError):
        secret.get()


def test_during_an_outage_it_is_asked_for_twice_a_minute_only() -> None:
    client: Any = Flaky()
    clock = Clock()
    secret = SecretReader("arn", Credentials, lambda: client, max_age=300, clock=clock)
    secret.get()
    client.down, client.asked = True, 0

    clock.now += 300
    for _ in range(60):
        secret.get()
        clock.now += 1

    assert client.asked == 2
    client.down = False
    secret.get()
    assert client.asked == 3


def test_a_value_that_was_spoilt_is_not_bridged() -> None:
    arn, clock = make_secret("credentials", '{"key": "a", "secret": "1"}'), Clock()
    secret = reader(arn, clock)
    secret.get()
    put(arn, "spoilt")

    clock.now += 300
    with pytest.raises(SecretUnavailableError, match="key, secret"):
        secret.get()


def test_an_answer_that_nobody_can_read_is_an_outage() -> None:
    class Garbling:
        """A client whose answers are no JSON."""

        def get_secret_value(self, **_: object) -> Never:
            raise ResponseParserError("invalid XML")

    secret = SecretReader("arn", Credentials, Garbling)  # type: ignore[arg-type]  # all that is called of a client

    with pytest.raises(SecretUnavailableError):
        secret.get()
