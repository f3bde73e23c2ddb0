"""The gateway's stand-in signs, registers, delivers, repeats and gives up as the vendor's pages have it."""

import itertools
import json
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, unquote

import pytest

from relay.catalog import CATALOG
from sandbox.demo.inputs import SAMPLES
from sandbox.demo.scene import await_count
from sandbox.vendors.callbacks import CONTENT_TYPE, REPEATS, RefusedError, Shape, encode
from sandbox.vendors.gateway import Gateway, SignedRequests, signature
from sandbox.vendors.loopback import Answer, Loopback, Request
from tests.support.stand_ins import manage

TAG = "MOZI_VDS_TENANT_CHANGE|ORGANIZATION_ADD_UPDATE"
OK = {"errcode": "0", "errmsg": "成功"}
# Long enough for a busy machine: what is waited for comes, or the test fails.
PATIENCE = 60


class Callback(Loopback):
    """A callback that answers what it is told to, the last answer for ever; none while it is held."""

    def __init__(self, *answers: Answer) -> None:
        super().__init__()
        self.answers = list(answers) or [Answer(200, OK)]
        self.requests: list[Request] = []
        self.free_for = 1_000_000
        self.released = threading.Event()

    def answer(self, request: Request) -> Answer:
        self.requests.append(request)
        if len(self.requests) > self.free_for:
            self.released.wait(PATIENCE)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    @property
    def address(self) -> str:
        return f"{self.url}/callback/token/slug"


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway(api_key="key-1", secret_key="secret-1", scale=0.000001) as running:
        yield running


@pytest.fixture
def callback() -> Iterator[Callback]:
    with Callback() as running:
        yield running


def register(gateway: Gateway, callback: Callback, tag: str = TAG, **headers: str) -> Any:
    form = {"eventTag": tag, "callbackUrl": callback.address}
    return manage(gateway, "register_event_callback", form, **headers)


def rows(gateway: Gateway, call: str) -> Any:
    return manage(gateway, call).body["content"]["data"]


def test_its_signature_is_the_documented_one() -> None:
    form = [
        ("eventTag", "MOZI_VDS_TENANT_CHANGE|ORGANIZATION_ADD_UPDATE"),
        ("callbackUrl", "http://192.0.2.10:8090/cb"),
        ("empty", ""),
    ]
    path = "/openplatform/message/register_event_callback"
    stamp = "2020-04-08T10:00:00.000+08:00"

    signed = signature("secret", "POST", stamp, "15863112000001234", path, form)

    assert signed == "ne3WJvqd7i5liilN3dh+j1IOhpfSTsHfOB1eZNEPcy8="


class TestSigning:
    @pytest.mark.parametrize(
        ("wrong", "code"),
        [
            ({"apikey": "another"}, "InvalidApiKey"),
            ({"x_hmac_auth_signature": "AAAA"}, "SignatureDoesNotMatch"),
            ({"x_hmac_auth_nonce": "12345"}, "SignatureDoesNotMatch"),
            ({"x_hmac_auth_version": "2.0"}, "InvalidVersion"),
            ({"x_hmac_auth_timestamp": "2020-04-08T10:00:00.000+08:00"}, "InvalidTimestamp"),
            ({"x_hmac_auth_timestamp": "now"}, "InvalidTimestamp"),
            ({"x_hmac_auth_ip": ""}, "MissingHeader"),
            ({"x_hmac_auth_mac": ""}, "MissingHeader"),
        ],
    )
    def test_a_wrong_call_is_a_gateway_error(
        self, gateway: Gateway, callback: Callback, wrong: dict[str, str], code: str
    ) -> None:
        reply = register(gateway, callback, **wrong)

        assert (reply.status, reply.body["success"], reply.body["errorCode"]) == (403, False, code)
        assert gateway.defines == {}
        assert callback.requests == []

    def test_a_nonce_serves_once(self, gateway: Gateway) -> None:
        signed = SignedRequests("key", "secret", lambda: 0)
        headers = {
            "apikey": "key",
            "x-hmac-auth-timestamp": "1970-01-01T08:00:00.000+08:00",
            "x-hmac-auth-nonce": "1",
            "x-hmac-auth-version": "1.0",
            "x-hmac-auth-ip": "192.0.2.1",
            "x-hmac-auth-mac": "-",
        }
        stamp = headers["x-hmac-auth-timestamp"]
        headers["x-hmac-auth-signature"] = signature("secret", "POST", stamp, "1", "/p", [])
        request = Request("POST", "/p", [], headers, b"")

        assert signed.fault(request, []) is None
        assert signed.fault(request, []) == ("InvalidNonce", "the nonce must be digits and serve once")


class TestRegistering:
    def test_it_shakes_hands_before_it_registers(self, gateway: Gateway, callback: Callback) -> None:
        reply = register(gateway, callback)

        assert (reply.status, reply.body["success"], reply.body["content"]["success"]) == (200, True, True)
        assert reply.body["content"]["responseCode"] == "0"
        (request,) = callback.requests
        assert request.headers["content-type"] == CONTENT_TYPE
        assert json.loads(request.body) == {"eventTag": TAG, "dispatchId": gateway.defines[TAG].dispatch_id}

    @pytest.mark.parametrize(
        "answer",
        [
            Answer(200, {"errcode": 0, "errmsg": "成功"}),
            Answer(200, {"errcode": "1", "errmsg": "no"}),
            Answer(200, "成功"),
            Answer(503, OK),
        ],
    )
    def test_without_errcode_0_as_a_string_nothing_is_registered(
        self, gateway: Gateway, answer: Answer
    ) -> None:
        with Callback(answer) as callback:
            reply = register(gateway, callback)

        assert (reply.body["success"], reply.body["content"]["success"]) == (True, False)
        assert reply.body["content"]["responseCode"] == "9999"
        assert gateway.defines == {}

    def test_an_address_that_does_not_answer_is_refused(self, gateway: Gateway, callback: Callback) -> None:
        callback.__exit__()

        assert not register(gateway, callback).body["content"]["success"]

    def test_an_address_has_to_be_an_ip(self, gateway: Gateway, callback: Callback) -> None:
        form = {"eventTag": TAG, "callbackUrl": callback.address.replace("127.0.0.1", "localhost")}

        content = manage(gateway, "register_event_callback", form).body["content"]

        assert (content["success"], content["responseMessage"]) == (False, "callbackUrl only supports ip")

    @pytest.mark.parametrize("missing", ["eventTag", "callbackUrl"])
    def test_both_fields_are_required(self, gateway: Gateway, callback: Callback, missing: str) -> None:
        form = {"eventTag": TAG, "callbackUrl": callback.address} | {missing: ""}

        content = manage(gateway, "register_event_callback", form).body["content"]

        assert content["responseMessage"] == f"{missing} is required"

    def test_a_tag_is_registered_once(self, gateway: Gateway, callback: Callback) -> None:
        register(gateway, callback)

        assert "already" in register(gateway, callback).body["content"]["responseMessage"]

    def test_a_registration_is_listed_moved_and_deleted(self, gateway: Gateway, callback: Callback) -> None:
        register(gateway, callback)
        (row,) = rows(gateway, "query_callback_define")
        moved = f"{callback.url}/callback/other/slug"
        form = {"eventCallbackId": str(row["id"]), "callbackUrl": moved}
        manage(gateway, "update_event_callback_define", form)

        assert row["callbackUrl"] == callback.address
        assert [request.path for request in callback.requests] == [
            "/callback/token/slug",
            "/callback/other/slug",
        ]
        assert rows(gateway, "query_callback_define") == [row | {"callbackUrl": moved}]
        manage(gateway, "delete_event_callback_define", {"eventCallbackId": str(row["id"])})
        assert rows(gateway, "query_callback_define") == []

    def test_a_move_to_an_address_that_does_not_answer_changes_nothing(
        self, gateway: Gateway, callback: Callback
    ) -> None:
        register(gateway, callback)
        old = gateway.defines[TAG]
        callback.answers = [Answer(500, {})]
        form = {"eventCallbackId": str(old.id), "callbackUrl": callback.address}

        assert not manage(gateway, "update_event_callback_define", form).body["content"]["success"]
        assert gateway.defines[TAG] == old

    @pytest.mark.parametrize("form", ["gateway", "business"])
    def test_it_fails_in_either_form_when_told_to(
        self, gateway: Gateway, callback: Callback, form: Any
    ) -> None:
        gateway.fail("register_event_callback", form)
        failed = register(gateway, callback).body
        gateway.fail("register_event_callback", None)

        assert failed["success"] is (form == "business")
        assert register(gateway, callback).body["content"]["success"]
        assert gateway.calls == [("register_event_callback", False), ("register_event_callback", True)]

    def test_what_it_is_told_to_say_comes_once_to_a_signed_call(
        self, gateway: Gateway, callback: Callback
    ) -> None:
        gateway.replies = [(418, {})]

        calls = [register(gateway, callback, apikey="another"), *(register(gateway, callback) for _ in "ab")]

        assert [one.status for one in calls] == [403, 418, 200]
        assert gateway.calls == [("register_event_callback", carried_out) for carried_out in (0, 0, 1)]

    def test_an_unknown_call_is_404(self, gateway: Gateway) -> None:
        assert manage(gateway, "v2/register_event_callback").status == 404


class TestDelivering:
    def test_an_event_goes_to_the_registered_address(self, gateway: Gateway, callback: Callback) -> None:
        register(gateway, callback)
        one = gateway.deliver(TAG, {"tenantId": "196729"}, message_id="SOURCE-1")

        assert one.ok
        assert callback.requests[-1].headers["content-type"] == CONTENT_TYPE
        body = json.loads(callback.requests[-1].body)
        assert set(body) == {"dispatchId", "sourceMessageId", "callbackMessageId", "content"}
        assert (body["sourceMessageId"], body["content"]) == ("SOURCE-1", {"tenantId": "196729"})
        assert body["dispatchId"] == gateway.defines[TAG].dispatch_id

    def test_the_same_message_can_come_again(self, gateway: Gateway, callback: Callback) -> None:
        register(gateway, callback)
        gateway.deliver_again(gateway.deliver(TAG, {"a": "1"}))

        assert callback.requests[-1].body == callback.requests[-2].body

    def test_what_is_not_registered_is_not_delivered(self, gateway: Gateway) -> None:
        with pytest.raises(RefusedError):
            gateway.deliver(TAG, {})

    def test_an_unanswered_event_is_repeated_until_it_is_answered(self, gateway: Gateway) -> None:
        busy = Answer(503, {"errcode": "5030", "errmsg": "busy"})
        with Callback(Answer(200, OK), busy, busy, Answer(200, OK)) as callback:
            register(gateway, callback)
            callback.free_for = 2  # The handshake and the first attempt.
            one = gateway.deliver(TAG, {"a": "1"})

            assert [attempt.status for attempt in one.attempts] == [503]
            callback.released.set()
            assert one.wait(PATIENCE)
        assert [attempt.status for attempt in one.attempts] == [503, 503, 200]
        assert len({request.body for request in callback.requests[1:]}) == 1
        assert gateway.failed == {}

    def test_after_sixteen_repeats_it_is_in_the_failed_list(self, gateway: Gateway) -> None:
        with Callback(Answer(200, OK), Answer(500, {})) as callback:
            register(gateway, callback)
            one = gateway.deliver(TAG, {"a": "1"})

            assert not one.wait(PATIENCE)
        assert len(REPEATS) == 16
        assert len(one.attempts) == 1 + 16
        (row,) = rows(gateway, "query_callback_failed")
        assert (row["eventTag"], json.loads(row["callbackData"])["content"]) == (TAG, {"a": "1"})

    def test_repeats_keep_growing_gaps(self) -> None:
        with (
            Gateway(api_key="k", secret_key="s", scale=0.002) as gateway,
            Callback(Answer(500, {})) as callback,
        ):
            one = gateway.deliver(TAG, {}, url=callback.address)
            await_count(lambda: len(one.attempts), 5, PATIENCE)
        times = [attempt.at for attempt in one.attempts]
        gaps = [later - earlier for earlier, later in itertools.pairwise(times)]

        assert len(gaps) >= 4
        assert all(gap >= expected * 0.002 for gap, expected in zip(gaps, REPEATS, strict=False))

    @pytest.mark.parametrize(("well", "left"), [(True, 0), (False, 1)])
    def test_a_retry_takes_an_answered_one_off_the_failed_list(
        self, gateway: Gateway, well: bool, left: int
    ) -> None:
        with Callback(Answer(500, {})) as callback:
            gateway.deliver(TAG, {}, url=callback.address).wait(PATIENCE)
            (failed_id,) = gateway.failed
            callback.answers = [Answer(200, OK) if well else Answer(500, {})]
            manage(gateway, "retry_callback_failed", {"eventCallbackFailedId": str(failed_id)})

        assert len(gateway.failed) == left

    def test_a_failed_one_can_be_removed(self, gateway: Gateway) -> None:
        gateway.deliver(TAG, {}, url="http://127.0.0.1:9/").wait(PATIENCE)
        (failed_id,) = gateway.failed
        form = {"eventCallbackFailedId": str(failed_id)}

        assert manage(gateway, "remove_callback_failed", form).body["content"]["success"]
        assert gateway.failed == {}
        assert not manage(gateway, "remove_callback_failed", form).body["content"]["success"]


class TestShapes:
    MESSAGE = {"dispatchId": "d-1", "content": {"名": "值&="}}  # noqa: RUF012

    @pytest.mark.parametrize("shape", ["json", "content-as-text", "form-key", "infos"])
    def test_the_json_shapes(self, shape: Shape) -> None:
        body = encode(self.MESSAGE, shape).decode()
        message = json.loads(unquote(body.removesuffix("=")) if shape == "form-key" else body)
        content = message["infos"][0] if shape == "infos" else message["content"]

        assert (json.loads(content) if shape == "content-as-text" else content) == self.MESSAGE["content"]
        assert isinstance(content, str) == (shape == "content-as-text")

    def test_the_form(self) -> None:
        fields = parse_qs(encode(self.MESSAGE, "form").decode())

        assert fields["dispatchId"] == ["d-1"]
        assert json.loads(fields["content"][0]) == self.MESSAGE["content"]


def test_there_is_a_sample_of_each_kind_of_event() -> None:
    found = sorted((sample.event_tag, sample.slug) for sample in SAMPLES)

    assert found == sorted((kind.event_tag, kind.slug) for kind in CATALOG)
