"""The portal client over real sockets, against a small portal on the loopback address."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError

from notice.portal.client import CONNECT_SECONDS, READ_SECONDS, PortalClient
from notice.portal.errors import (
    NotAllowedError,
    NotFoundError,
    PortalNotAllowedError,
    PortalUnavailableError,
    ProduceError,
    ProduceFailedError,
    ProduceRefusedError,
    ProduceTooMuchError,
    TokenTurnedDownError,
)
from notice.portal.tokens import EnosCredentials
from relay.secrets import SecretReader
from relay.settings import Clock
from sandbox.vendors.loopback import Answer, Reply, Request
from sandbox.vendors.portal import Portal
from sandbox.vendors.portal_token import BEGINNING
from tests.support import template
from tests.support.certificates import self_signed, served_with
from tests.support.outbound import deadline
from tests.support.stand_ins import KEY, PATH, SECRET, relays_portal

NOTICES = [
    '{"messageId":"n-1","messageType":1,"appId":"app","targetType":1,"targets":["u-1"],'
    '"header":{"defaultValue":"标题"}}'.encode()
]
BODY = b'{"messages":[' + NOTICES[0] + b"]}"


class Secrets:
    """Secrets Manager with one secret."""

    def __init__(self, text: str | None = None) -> None:
        self.text = json.dumps({"appKey": KEY, "appSecret": SECRET}) if text is None else text
        self.down = False

    def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: N803
        if self.down:
            raise ConnectTimeoutError(endpoint_url=SecretId)
        return {"SecretString": self.text}


def client(
    url: str, secrets: Secrets | None = None, clock: Clock = time.time, read_seconds: float = READ_SECONDS
) -> PortalClient:
    kept = secrets or Secrets()
    reader = SecretReader("arn", EnosCredentials, lambda: kept, clock=clock)  # type: ignore[arg-type, return-value]
    return PortalClient(url, PATH, reader, clock=clock, read_seconds=read_seconds)


def test_a_batch_is_sent_signed_and_as_the_bytes_that_were_given(portal: Portal) -> None:
    client(portal.url).produce("o 1/&+中", NOTICES, deadline())

    (call,) = portal.calls
    assert call.request.target == f"{PATH}?orgId=o%201%2F%26%2B%E4%B8%AD"
    assert (call.body, call.ok) == (BODY, True)


def test_the_token_and_the_connection_are_kept(portal: Portal) -> None:
    sender = client(portal.url)

    for _ in range(5):
        sender.produce("o-1", NOTICES, deadline())

    assert len(portal.tokens.requests) == 1
    assert portal.connections == 1


def test_the_portal_says_whether_it_has_a_notice(portal: Portal) -> None:
    sender = client(portal.url)
    sender.produce("o-1", NOTICES, deadline())

    assert sender.holds("o-1", "n-1", deadline())
    assert not sender.holds("o-1", "中 2", deadline())
    assert portal.asked == ["n-1", "中 2"]


@pytest.mark.parametrize(
    ("faults", "error"),
    [
        ({"reads": False}, NotFoundError),
        ({"down": True}, PortalUnavailableError),
        ({"status": 504}, PortalUnavailableError),
        ({"status": 500}, ProduceFailedError),
        ({"status": 401}, TokenTurnedDownError),
    ],
)
def test_a_portal_that_does_not_say_it_is_no_answer(
    portal: Portal, faults: dict[str, Any], error: type[ProduceError]
) -> None:
    portal.break_down(**faults)

    with pytest.raises(error):
        client(portal.url).holds("o-1", "n-1", deadline())


@pytest.mark.parametrize(("seconds", "code"), [(50, "AnswerTimeout"), (2.2, "NoTime")])
def test_a_portal_that_is_asked_for_a_notice_and_does_not_answer_is_unavailable(
    portal: Portal, seconds: float, code: str
) -> None:
    sender = client(portal.url, read_seconds=2.5)
    sender.prepare(deadline())
    portal.break_down(delay=5)

    with pytest.raises(PortalUnavailableError) as raised:
        sender.holds("o-1", "n-1", deadline(seconds))

    assert raised.value.code == code


@pytest.mark.parametrize(("age", "fetched"), [(7200 - 601, 1), (7200 - 599, 2)])
def test_the_token_is_replaced_ten_minutes_early(portal: Portal, age: float, fetched: int) -> None:
    now = [1_700_000_000.0]
    portal.clock = lambda: now[0]
    sender = client(portal.url, clock=lambda: now[0])
    sender.produce("o-1", NOTICES, deadline())

    now[0] += age
    sender.produce("o-1", NOTICES, deadline())

    assert len(portal.tokens.requests) == fetched


def test_a_token_that_is_nearly_over_is_not_asked_for_at_every_call(portal: Portal) -> None:
    portal.tokens.life = 300
    sender = client(portal.url)

    for _ in range(3):
        sender.produce("o-1", NOTICES, deadline())

    assert len(portal.tokens.requests) == 1


@pytest.mark.parametrize(
    "reply", [(401, b""), (200, {"code": 31401}), (200, {"code": 401}), (200, {"status": 1203})]
)
def test_a_token_that_is_turned_down_is_replaced(portal: Portal, reply: Reply) -> None:
    portal.replies = [reply]
    sender = client(portal.url)

    with pytest.raises(TokenTurnedDownError):
        sender.produce("o-1", NOTICES, deadline())
    sender.produce("o-1", NOTICES, deadline())

    assert len(portal.tokens.requests) == 2
    assert len(portal.calls) == 2


@pytest.mark.parametrize(
    "reply", [(302, b""), (404, b""), (200, {"code": 498}), (200, {"code": 512}), (200, {"code": 31403})]
)
def test_a_no_that_is_not_about_the_token_costs_no_other_one(portal: Portal, reply: Reply) -> None:
    portal.replies = [reply, reply]
    sender = client(portal.url)

    for _ in portal.replies.copy():
        with pytest.raises(NotAllowedError) as caught:
            sender.produce("o-1", NOTICES, deadline())
        assert not isinstance(caught.value, TokenTurnedDownError)

    assert len(portal.tokens.requests) == 1
    assert len(portal.calls) == 2


def test_a_token_that_another_thread_has_replaced_is_not_dropped_again(portal: Portal) -> None:
    both = threading.Barrier(2, portal.tokens.expire)

    def turn_down(_request: Request) -> Answer:
        both.wait(5)
        return Answer(401, b"", {"Connection": "close"})

    portal.replies = [turn_down, turn_down]
    sender = client(portal.url)

    def produce_twice() -> None:
        with suppress(TokenTurnedDownError):
            sender.produce("o-1", NOTICES, deadline())
        sender.produce("o-1", NOTICES, deadline())

    threads = [threading.Thread(target=produce_twice) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(portal.tokens.requests) == 2
    assert len(portal.calls) == 4


def test_a_token_lasts_to_its_end_when_no_other_is_to_be_had(portal: Portal) -> None:
    now = [1_700_000_000.0]
    portal.clock = lambda: now[0]
    sender = client(portal.url, clock=lambda: now[0])
    sender.produce("o-1", NOTICES, deadline())
    portal.tokens.replies = [(503, b"")] * 3

    for seconds in (7200 - 599, 29, 1):  # The second time it is not asked for yet.
        now[0] += seconds
        sender.produce("o-1", NOTICES, deadline())
    assert len(portal.tokens.requests) == 3

    now[0] += 600
    with pytest.raises(PortalUnavailableError, match="503"):
        sender.produce("o-1", NOTICES, deadline())


def test_a_token_that_was_kept_on_is_dropped_when_it_is_turned_down(portal: Portal) -> None:
    now = [1_700_000_000.0]
    portal.clock = lambda: now[0]
    sender = client(portal.url, clock=lambda: now[0])
    sender.produce("o-1", NOTICES, deadline())
    portal.tokens.replies, portal.replies = [(503, b"")], [(401, b"")]
    now[0] += 7200 - 599

    with pytest.raises(TokenTurnedDownError):
        sender.produce("o-1", NOTICES, deadline())
    sender.produce("o-1", NOTICES, deadline())

    assert len(portal.tokens.requests) == 3


def test_many_threads_fetch_one_token(portal: Portal) -> None:
    sender = client(portal.url)
    threads = [threading.Thread(target=sender.produce, args=("o-1", NOTICES, deadline())) for _ in range(8)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(portal.tokens.requests) == 1
    assert len(portal.calls) == 8


def test_a_repeated_encryption_is_answered_with_another_millisecond(portal: Portal) -> None:
    portal.tokens.replies = [(200, {"status": 1001, "msg": "repeated"})]

    portal.clock = lambda: 1_700_000_000.0

    client(portal.url, clock=portal.clock).produce("o-1", NOTICES, deadline())

    first, second = (json.loads(request.body)["timestamp"] for request in portal.tokens.requests)
    assert second > first


def test_a_rotated_secret_is_read_when_the_old_one_is_turned_down(portal: Portal) -> None:
    secrets = Secrets()
    sender = client(portal.url, secrets)
    sender.produce("o-1", NOTICES, deadline())

    portal.tokens.app_secret = "new"
    secrets.text = json.dumps({"appKey": KEY, "appSecret": "new"})
    with pytest.raises(TokenTurnedDownError):
        sender.produce("o-1", NOTICES, deadline())
    sender.produce("o-1", NOTICES, deadline())

    assert [call.status for call in portal.calls] == [200, 401, 200]


@pytest.mark.parametrize("status", [1002, 1003, 1004, 1202])
def test_credentials_that_the_token_service_does_not_take_are_not_allowed(
    portal: Portal, status: int
) -> None:
    portal.tokens.replies = [(200, {"status": status})]

    with pytest.raises(PortalNotAllowedError, match=str(status)):
        client(portal.url).produce("o-1", NOTICES, deadline())

    assert portal.calls == []


@pytest.mark.parametrize("status", [401, 403, 404, 405])
@pytest.mark.parametrize("body", [b"", b"<html>", {"code": 404, "message": "no route"}, {"path": "/x"}])
def test_a_wrong_address_of_the_token_service_is_not_allowed(
    portal: Portal, status: int, body: object
) -> None:
    portal.tokens.replies = [(status, body)]

    with pytest.raises(PortalNotAllowedError, match=r"40\d"):
        client(portal.url).produce("o-1", NOTICES, deadline())


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"code": 401}, "401"),
        ({"code": 403}, "403"),
        ({"code": "497"}, "497"),
        ({"code": 498}, "498"),
        ({"status": 403}, "403"),
        ({"status": 200, "code": 403}, "403"),
        ({"code": 31404}, "31404"),
    ],
)
def test_what_the_token_service_does_not_allow_is_so_over_http_200_too(
    portal: Portal, said: object, code: str
) -> None:
    portal.tokens.replies = [(200, said)]

    with pytest.raises(PortalNotAllowedError, match=f"^{code} "):
        client(portal.url).produce("o-1", NOTICES, deadline())


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("body", [b"", {"message": "API rate limit exceeded"}, {"code": 31429}])
def test_a_wait_that_the_token_service_asks_for_is_passed_on(
    portal: Portal, status: int, body: object
) -> None:
    portal.tokens.replies = [(status, body, {"Retry-After": "7"})]

    with pytest.raises(PortalUnavailableError, match=f"{status}|31429") as caught:
        client(portal.url).produce("o-1", NOTICES, deadline())

    assert caught.value.retry_after == 7


@pytest.mark.parametrize(
    "reply",
    [
        (200, {"status": 1005}),
        (200, {"status": 1204}),
        (200, {"code": 500}),
        (200, {"code": 31503}),
        (200, {"code": 1403}),
        (200, {"status": 0}),
        (200, {"status": 0, "data": {"accessToken": "", "expire": 7200}}),
        (200, {"status": 0, "data": {"accessToken": "a\r\nb", "expire": 7200}}),
        (200, {"status": 0, "data": {"accessToken": "a", "expire": 0}}),
        (200, b"<html>"),
        (503, b""),
    ],
)
def test_without_a_token_the_portal_is_unavailable(portal: Portal, reply: Reply) -> None:
    portal.tokens.replies = [reply, reply]

    with pytest.raises(PortalUnavailableError):
        client(portal.url).produce("o-1", NOTICES, deadline())

    assert portal.calls == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("not JSON", "SecretNotJson"),
        ("[]", "SecretNotJson"),
        ("{}", "SecretKeyMissing appKey, appSecret"),
        ('{"appKey":"","appSecret":""}', "SecretKeyMissing appKey, appSecret"),
        ('{"app_key":"hush","appSecret":"hush"}', "SecretKeyMissing appKey"),
        ('{"appKey":"hush","appSecret":"hush\\n"}', "SecretUnfit appSecret"),
        ('{"appKey":"hu sh","appSecret":"hush"}', "SecretUnfit appKey"),
    ],
)
def test_credentials_that_are_not_filled_are_not_allowed_and_say_what_is_wrong(
    portal: Portal, text: str, code: str
) -> None:
    with pytest.raises(PortalNotAllowedError) as caught:
        client(portal.url, Secrets(text)).prepare(deadline())

    assert caught.value.code == code
    assert "hush" not in str(caught.value)
    assert portal.tokens.requests == []


def test_an_outage_of_secrets_manager_is_an_outage(portal: Portal) -> None:
    secrets = Secrets()
    secrets.down = True

    with pytest.raises(PortalUnavailableError, match="SecretOutage ConnectTimeoutError"):
        client(portal.url, secrets).prepare(deadline())


@pytest.mark.parametrize(("age", "tokens"), [(299, 1), (301, 2)])
def test_a_secret_that_was_changed_is_seen_within_five_minutes(
    portal: Portal, age: float, tokens: int
) -> None:
    now, secrets = [1_700_000_000.0], Secrets()
    portal.clock = lambda: now[0]
    sender = client(portal.url, secrets, clock=lambda: now[0])
    sender.produce("o-1", NOTICES, deadline())
    portal.tokens.app_secret = "new"
    secrets.text = json.dumps({"appKey": KEY, "appSecret": "new"})

    now[0] += age
    sender.prepare(deadline())

    assert len(portal.tokens.requests) == tokens


def test_a_secret_that_was_changed_to_a_wrong_one_is_seen_within_five_minutes(portal: Portal) -> None:
    now, secrets = [1_700_000_000.0], Secrets()
    portal.clock = lambda: now[0]
    sender = client(portal.url, secrets, clock=lambda: now[0])
    sender.produce("o-1", NOTICES, deadline())
    secrets.text = json.dumps({"appKey": KEY, "appSecret": "wrong"})

    now[0] += 301
    with pytest.raises(PortalNotAllowedError, match="1003"):
        sender.prepare(deadline())


def test_a_refusal_carries_the_vendors_words(portal: Portal) -> None:
    portal.replies = [(200, {"code": 400, "message": "参数错误"})]

    with pytest.raises(ProduceRefusedError) as caught:
        client(portal.url).produce("o-1", NOTICES, deadline())

    assert (caught.value.code, caught.value.message) == ("400", "参数错误")


@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_that_is_asked_for_is_passed_on(portal: Portal, status: int) -> None:
    portal.replies = [(status, b"", {"Retry-After": "17"})]

    with pytest.raises(PortalUnavailableError) as caught:
        client(portal.url).produce("o-1", NOTICES, deadline())

    assert caught.value.retry_after == 17
    assert len(portal.calls) == 1


CUT = Answer(200, {"code": 0, "data": True}, cut=True)
HUNG_UP, NONSENSE = Answer(0, "", raw=b""), Answer(0, "", raw=b"SSH-2.0-OpenSSH_9.9\r\n\r\n")


@pytest.mark.parametrize("end", [CUT, NONSENSE])
def test_an_answer_that_does_not_come_whole_leaves_it_open_after_one_attempt(
    portal: Portal, end: Answer
) -> None:
    portal.replies = [end]
    sender = client(portal.url)

    with pytest.raises(ProduceTooMuchError):
        sender.produce("o-1", NOTICES, deadline())
    assert len(portal.calls) == 1

    sender.produce("o-1", NOTICES, deadline())
    assert [call.body for call in portal.calls] == [BODY] * 2


def test_a_kept_connection_that_ends_without_an_answer_costs_one_more_attempt(portal: Portal) -> None:
    portal.replies = [HUNG_UP]
    sender = client(portal.url)

    sender.produce("o-1", NOTICES, deadline())

    assert [call.body for call in portal.calls] == [BODY] * 2


def test_a_fresh_connection_that_ends_without_an_answer_costs_none(portal: Portal) -> None:
    portal.replies = [HUNG_UP, HUNG_UP]
    sender = client(portal.url)

    with pytest.raises(ProduceTooMuchError, match="RemoteDisconnected"):
        sender.produce("o-1", NOTICES, deadline())

    assert len(portal.calls) == 2


def test_an_answer_without_end_is_not_read_to_the_end(portal: Portal) -> None:
    portal.replies = [(200, b" " * 1_100_000)]

    with pytest.raises(ProduceTooMuchError, match="AnswerTooLong"):
        client(portal.url).produce("o-1", NOTICES, deadline())


def test_a_redirect_is_not_followed(portal: Portal) -> None:
    portal.replies = [(302, b"", {"Location": f"{portal.url}/elsewhere"})]

    with pytest.raises(PortalNotAllowedError, match="302"):
        client(portal.url).produce("o-1", NOTICES, deadline())

    assert len(portal.calls) == 1


def test_a_call_takes_no_longer_than_there_is_time(portal: Portal) -> None:
    portal.replies = [Answer(200, b"", silence=10)]
    sender = client(portal.url)
    started = time.monotonic()

    with pytest.raises(PortalUnavailableError, match="NoTime"):
        sender.produce("o-1", NOTICES, deadline(2.3))

    assert time.monotonic() - started < 5


def test_a_batch_that_is_not_answered_in_time_was_too_much(portal: Portal) -> None:
    portal.replies = [Answer(200, b"", silence=10)]

    with pytest.raises(ProduceTooMuchError, match="AnswerTimeout"):
        client(portal.url, read_seconds=0.2).produce("o-1", NOTICES, deadline(50))


def test_a_portal_that_stays_silent_is_not_waited_for_as_long_as_there_is_time(
    portal: Portal,
) -> None:
    portal.tokens.replies = [Answer(200, b"", silence=10)]
    sender = client(portal.url, read_seconds=0.2)
    started = time.monotonic()

    with pytest.raises(PortalUnavailableError, match="AnswerTimeout"):
        sender.produce("o-1", NOTICES, deadline(50))

    assert time.monotonic() - started < 5


def test_a_token_service_that_drips_is_an_outage_and_holds_up_no_thread_for_longer(portal: Portal) -> None:
    dripping, ends = threading.Event(), list[str]()

    def drip(_: Request) -> Answer:
        dripping.wait(10)
        return Answer(503, b"")

    portal.tokens.replies = [drip] * 9
    sender = client(portal.url, read_seconds=0.4)

    def produce() -> None:
        try:
            sender.produce("o-1", NOTICES, deadline(20))
        except PortalUnavailableError as error:
            ends.append(error.code)

    threads = [threading.Thread(target=produce) for _ in range(4)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    dripping.set()

    assert ends == ["AnswerTimeout"] * 4
    assert time.monotonic() - started < 5
    assert portal.calls == []


def test_while_another_token_is_fetched_the_one_at_hand_is_used(portal: Portal) -> None:
    now, fetching, go_on = [1_700_000_000.0], threading.Event(), threading.Event()
    portal.clock = lambda: now[0]
    sender = client(portal.url, clock=lambda: now[0])
    sender.prepare(deadline())

    def wait(_: Request) -> None:
        fetching.set()
        go_on.wait(10)

    portal.tokens.replies = [wait]
    now[0] += 7200 - 599
    renewing = threading.Thread(target=sender.prepare, args=(deadline(),))
    renewing.start()
    assert fetching.wait(10)

    sender.produce("o-1", NOTICES, deadline())
    go_on.set()
    renewing.join()

    assert len(portal.calls) == 1


def test_several_calls_of_a_silent_portal_fit_into_an_invocation() -> None:
    whole = template.RESOURCES["NoticeFunction"]["Properties"]["Timeout"]

    assert whole >= 2 * (CONNECT_SECONDS + READ_SECONDS) + 10


def test_no_call_is_made_without_time_for_it(portal: Portal) -> None:
    with pytest.raises(PortalUnavailableError, match="NoTime"):
        client(portal.url).produce("o-1", NOTICES, deadline(1.9))

    assert portal.tokens.requests == []


def test_a_portal_that_is_not_there_is_unavailable() -> None:
    with closing(socket.socket()) as unused:
        unused.bind(("127.0.0.1", 0))

        with pytest.raises(PortalUnavailableError):
            client(f"http://127.0.0.1:{unused.getsockname()[1]}").produce("o-1", NOTICES, deadline())


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return self_signed(tmp_path)


@pytest.fixture
def tls_portal(certificate: Path) -> Iterator[Portal]:
    """It has a certificate that only its own file vouches for."""
    portal = relays_portal()
    portal.tls = served_with(certificate)
    with portal:
        yield portal


def test_a_certificate_that_nobody_vouches_for_is_not_accepted(tls_portal: Portal) -> None:
    with pytest.raises(PortalNotAllowedError, match="CERTIFICATE_VERIFY_FAILED: self-signed certificate"):
        client(tls_portal.url).produce("o-1", NOTICES, deadline())

    assert tls_portal.tokens.requests == []


def test_a_private_authority_is_accepted_when_the_system_trusts_it(
    tls_portal: Portal, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    client(tls_portal.url).produce("o-1", NOTICES, deadline())

    assert len(tls_portal.calls) == 1


def test_nothing_that_is_raised_or_shown_holds_key_secret_or_token(portal: Portal) -> None:
    portal.replies = [(500, b"")]
    sender = client(portal.url)

    with pytest.raises(ProduceError) as caught:
        sender.produce("o-1", NOTICES, deadline())

    shown = f"{caught.value} {caught.value!r} {vars(caught.value)} {sender!r} {vars(sender)}"
    assert not any(secret in shown for secret in (KEY, SECRET, BEGINNING))
