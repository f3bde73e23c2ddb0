"""The gateway function against the gateway's stand-in: what it registers, moves, removes and works off."""

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import boto3
import pytest

from gateway.client import CALL_SECONDS
from relay import catalog
from relay.api import error_types
from relay.api.gateway import read_request
from sandbox.vendors.gateway import Gateway
from sandbox.vendors.loopback import Answer, Loopback, Request
from tests.support import template
from tests.support.forward_proxy import ForwardProxy
from tests.support.invocations import Invoke, ends_with, started
from tests.support.stand_ins import says

TOKEN, ROTATED = "currentTokenOfTheTests", "nextTokenOfTheTests"
API_KEY, SECRET_KEY = "theApiKeyOfTheTests", "theSecretKeyOfTheTests"
TAG, SLUG = "MOZI_VDS_TENANT_CHANGE|EMPLOYEE_LEAVE", "employee-leave"
ALL = len(catalog.CATALOG)
TRACE = "real_time_trace"


class Callback(Loopback):
    """Where the gateway posts to: answers as the relay does, or not at all while `down`."""

    def __init__(self) -> None:
        super().__init__()
        self.paths: list[str] = []
        self.down = False

    @property
    def base(self) -> str:
        return f"{self.url}/relay/callback"

    def answer(self, request: Request) -> Answer:
        self.paths.append(request.path)
        return (
            Answer(503, {"errcode": "5031"}) if self.down else Answer(200, {"errcode": "0", "errmsg": "成功"})
        )


@pytest.fixture
def callback() -> Iterator[Callback]:
    with Callback() as callback:
        yield callback


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway(api_key=API_KEY, secret_key=SECRET_KEY, scale=1e-6) as gateway:
        yield gateway


@pytest.fixture
def secrets(cloud: None) -> dict[str, str]:
    token = template.make_secret("token", json.dumps({"current": TOKEN, "previous": ""}))
    keys = template.make_secret("gateway", json.dumps({"apiKey": API_KEY, "secretKey": SECRET_KEY}))
    return {"CALLBACK_TOKEN_SECRET_ARN": token, "GATEWAY_CREDENTIALS_SECRET_ARN": keys}


@pytest.fixture
def invoke(gateway: Gateway, secrets: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Invokes the function, as one container that was started for this test."""
    return started("gateway", {"GATEWAY_BASE_URL": gateway.url, **secrets}, monkeypatch)


def rotate(secrets: dict[str, str]) -> None:
    boto3.client("secretsmanager").put_secret_value(
        SecretId=secrets["CALLBACK_TOKEN_SECRET_ARN"],
        SecretString=json.dumps({"current": ROTATED, "previous": TOKEN}),
    )


def counts(answer: dict[str, Any]) -> dict[str, int]:
    return {name: count for name, count in answer["counts"].items() if count}


def names_of_calls(gateway: Gateway) -> list[str]:
    return [name for name, _ in gateway.calls]


def give_up_on(gateway: Gateway, callback: Callback, many: int) -> None:
    """Deliveries that end in the failed list."""
    callback.down = True
    lost = [gateway.deliver(TAG, {"tag": "EMPLOYEE_LEAVE", "number": number}) for number in range(many)]
    assert all(one.settled.wait(30) for one in lost)
    callback.down = False


def test_every_tag_is_registered_with_the_token_and_its_own_slug(
    invoke: Invoke, gateway: Gateway, callback: Callback
) -> None:
    answer = invoke("register", callbackUrl=callback.base)

    assert counts(answer) == {"registered": ALL}
    assert {tag: define.url for tag, define in gateway.defines.items()} == {
        kind.event_tag: f"{callback.base}/{TOKEN}/{kind.slug}" for kind in catalog.CATALOG
    }
    assert answer["tags"][0] == {
        "eventTag": catalog.CATALOG[0].event_tag,
        "slug": "organization-add-update",
        "change": "registered",
        "callbackUrl": f"{callback.base}/***/organization-add-update",
    }


def test_registering_again_what_is_registered_changes_nothing(
    invoke: Invoke, gateway: Gateway, callback: Callback
) -> None:
    invoke("register", callbackUrl=callback.base)
    before = gateway.defines
    gateway.calls.clear()

    answer = invoke("register", callbackUrl=callback.base + "/")

    assert counts(answer) == {"unchanged": ALL}
    assert names_of_calls(gateway) == ["query_callback_define"]
    assert gateway.defines == before


def test_some_tags_are_registered_by_name_or_slug(
    invoke: Invoke, gateway: Gateway, callback: Callback
) -> None:
    answer = invoke("register", callbackUrl=callback.base, eventTags=[TAG, "app-update"])

    assert counts(answer) == {"registered": 2}
    assert set(gateway.defines) == {TAG, "openplatform_app_update|openplatform_app_update_tag"}


def test_a_relay_that_moved_is_updated_and_keeps_its_registrations(
    invoke: Invoke, gateway: Gateway, callback: Callback
) -> None:
    invoke("register", callbackUrl=callback.base)
    ids = {tag: define.id for tag, define in gateway.defines.items()}

    answer = invoke("register", callbackUrl=f"{callback.url}/other/callback")

    assert counts(answer) == {"updated": ALL}
    assert {tag: define.id for tag, define in gateway.defines.items()} == ids
    assert gateway.defines[TAG].url == f"{callback.url}/other/callback/{TOKEN}/{SLUG}"
    assert answer["tags"][4]["was"] == f"{callback.base}/***/{SLUG}"


def test_an_update_right_after_a_rotation_registers_the_new_token(
    invoke: Invoke, gateway: Gateway, callback: Callback, secrets: dict[str, str]
) -> None:
    invoke("register", callbackUrl=callback.base, eventTags=[TAG])
    rotate(secrets)

    assert invoke("list")["counts"]["outdated"] == 1
    assert counts(invoke("update")) == {"updated": 1, "notRegistered": ALL - 1}
    assert invoke("list")["counts"]["current"] == 1
    assert gateway.defines[TAG].url == f"{callback.base}/{ROTATED}/{SLUG}"
    assert counts(invoke("update", eventTags=[TAG])) == {"unchanged": 1}


def test_one_tags_failure_does_not_stop_the_others_and_says_what_the_vendor_said(
    invoke: Invoke, gateway: Gateway, callback: Callback
) -> None:
    callback.down = True
    answer = invoke("register", callbackUrl=callback.base, eventTags=[TAG, "app-update"])

    assert counts(answer) == {"failed": 2}
    assert answer["tags"][0]["error"] == "the callback did not answer errcode 0 but 503 (code 9999)"

    named = invoke("register", callbackUrl="http://relay.example/callback", eventTags=[TAG])
    assert named["tags"][0]["error"] == "callbackUrl only supports ip (code 9999)"


def test_what_could_not_be_finished_in_time_is_left_and_done_by_the_next_run(
    invoke: Invoke, gateway: Gateway, callback: Callback
) -> None:
    first = invoke("register", 60, 59, 58, 23, callbackUrl=callback.base)
    second = invoke("register", callbackUrl=callback.base)

    assert counts(first) == {"registered": 3, "left": ALL - 3}
    assert counts(second) == {"unchanged": 3, "registered": ALL - 3}


def test_only_what_is_this_relays_is_unregistered(
    invoke: Invoke, gateway: Gateway, callback: Callback
) -> None:
    gateway.register("ding_create_event|FAILED_ACCOUNT_ID", f"{callback.url}/rpc/update")
    invoke("register", callbackUrl=callback.base, eventTags=[TAG])

    answer = invoke("unregister")

    assert counts(answer) == {"unregistered": 1, "taken": 1, "notRegistered": ALL - 2}
    assert list(gateway.defines) == ["ding_create_event|FAILED_ACCOUNT_ID"]
    assert counts(invoke("unregister", eventTags=["ding-failed-account"], takeOver=True)) == {
        "unregistered": 1
    }
    assert gateway.defines == {}


def test_the_list_shows_each_tag_and_whose_it_is(
    invoke: Invoke, gateway: Gateway, callback: Callback
) -> None:
    gateway.register("ding_create_event|FAILED_ACCOUNT_ID", f"{callback.url}/rpc/s3cr3t")
    gateway.register("new_topic|new_tag", f"{callback.base}/{TOKEN}")
    invoke("register", callbackUrl=callback.base, eventTags=[TAG])

    answer = invoke("list")

    assert answer["counts"] == {"current": 1, "other": 1, "notRegistered": ALL - 2, "unknown": 1}
    states = {tag["slug"]: (tag["state"], tag.get("callbackUrl")) for tag in answer["tags"]}
    assert states[SLUG] == ("current", f"{callback.base}/***/{SLUG}")
    assert states["ding-failed-account"] == ("other", f"{callback.url}/…")
    assert answer["unknown"][0]["eventTag"] == "new_topic|new_tag"


def test_a_tag_outside_the_catalogue_is_registered_listed_moved_and_unregistered(
    invoke: Invoke, gateway: Gateway, callback: Callback, secrets: dict[str, str]
) -> None:
    slug = catalog.slug_of(TRACE)
    shown = {"eventTag": TRACE, "slug": slug, "callbackUrl": f"{callback.base}/***/{slug}"}

    registered = invoke("register", callbackUrl=callback.base, otherTags=[TRACE])
    listed = invoke("list")
    rotate(secrets)
    outdated, updated = invoke("list"), invoke("update")

    assert (listed["rotating"], outdated["rotating"]) == (False, True)
    assert registered["tags"] == [shown | {"change": "registered"}]
    assert listed["counts"] == {"current": 1, "notRegistered": ALL, "unknown": 0}
    assert listed["tags"][-1] == shown | {"state": "current", "id": str(gateway.defines[TRACE].id)}
    assert outdated["counts"]["outdated"] == 1
    assert counts(updated) == {"updated": 1, "notRegistered": ALL}
    assert gateway.defines[TRACE].url == f"{callback.base}/{ROTATED}/{slug}"
    assert counts(invoke("unregister", otherTags=[slug])) == {"unregistered": 1}
    assert gateway.defines == {}


def test_a_failed_row_that_has_no_tag_is_named_by_the_slug_of_its_address(
    invoke: Invoke, gateway: Gateway
) -> None:
    address = f"http://192.0.2.10/callback/{TOKEN}/{catalog.slug_of(TRACE)}"
    gateway.replies = [says(rows=[{"id": 7, "url": address}])]

    (row,) = invoke("failed")["rows"]

    assert row["eventTag"] == TRACE
    assert row["callbackUrl"] == address.replace(TOKEN, "***")


def test_the_failed_list_is_shown_and_delivered_again(
    invoke: Invoke, gateway: Gateway, callback: Callback
) -> None:
    invoke("register", callbackUrl=callback.base, eventTags=[TAG])
    give_up_on(gateway, callback, 3)

    listed = invoke("failed", limit=2)
    assert listed["counts"] == {"failed": 3, "unreadable": 0}
    assert listed["left"] == 1
    assert listed["rows"][0]["eventTag"] == TAG
    assert listed["rows"][0]["callbackUrl"] == f"{callback.base}/***/{SLUG}"

    some = invoke("retry-failed", limit=2)
    assert counts(some) == {"failed": 3, "retried": 2, "left": 1}
    assert len(gateway.failed) == 1
    assert counts(invoke("retry-failed")) == {"failed": 1, "retried": 1}
    assert gateway.failed == {}


def test_a_failed_callback_can_be_taken_off_the_list(
    invoke: Invoke, gateway: Gateway, callback: Callback
) -> None:
    invoke("register", callbackUrl=callback.base, eventTags=[TAG])
    give_up_on(gateway, callback, 2)
    first, second = gateway.failed

    answer = invoke("remove-failed", ids=[first, 1])

    assert counts(answer) == {"removed": 1, "refused": 1}
    assert answer["errors"] == [{"id": "1", "error": "eventCallbackFailedId is unknown (code 9999)"}]
    assert list(gateway.failed) == [second]


def test_wrong_credentials_end_the_invocation_with_the_gateways_reason(
    invoke: Invoke, secrets: dict[str, str], callback: Callback
) -> None:
    boto3.client("secretsmanager").put_secret_value(
        SecretId=secrets["GATEWAY_CREDENTIALS_SECRET_ARN"],
        SecretString=json.dumps({"apiKey": API_KEY, "secretKey": "mistyped"}),
    )

    with ends_with(error_types.GATEWAY_NOT_ALLOWED, "the signature does not match"):
        invoke("register", callbackUrl=callback.base)


def test_the_gateway_is_called_through_the_proxy(
    gateway: Gateway, secrets: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with ForwardProxy(authorization="Basic cmVsYXk6cEBzcy13b3Jk") as proxy:
        given = {
            word: template.make_secret(word, json.dumps({"proxyUrl": f"http://relay:{word}@{proxy.address}"}))
            for word in ("p%40ss-word", "other-word")
        }
        environment = {"GATEWAY_BASE_URL": gateway.url, **secrets}
        invoke, turned_down = (
            started("gateway", {**environment, "OUTBOUND_PROXY_SECRET_ARN": arn}, monkeypatch)
            for arn in given.values()
        )

        invoke("list")
        with ends_with(error_types.GATEWAY_NOT_ALLOWED, "Proxy 407"):
            turned_down("list")

    assert {line.partition(gateway.url)[0] for line in proxy.asked} == {"POST "}
    assert names_of_calls(gateway) == ["query_callback_define"]


def test_credentials_that_were_never_filled_are_named(
    gateway: Gateway, secrets: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = template.make_secret("empty", None)
    environment = {"GATEWAY_BASE_URL": gateway.url, **secrets, "GATEWAY_CREDENTIALS_SECRET_ARN": empty}

    with ends_with(error_types.SECRET_EMPTY, "empty"):
        started("gateway", environment, monkeypatch)("list")


UNATTENDED = {"failed": 0, "unreadable": 0, "retried": 0, "refused": 0, "left": 0}


def test_the_schedule_finds_nothing_to_retry_as_long_as_the_credentials_are_not_filled(
    gateway: Gateway,
    secrets: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    empty = template.make_secret("empty", None)
    environment = {"GATEWAY_BASE_URL": gateway.url, **secrets, "GATEWAY_CREDENTIALS_SECRET_ARN": empty}
    invoke = started("gateway", environment, monkeypatch)
    capsys.readouterr()

    answer = invoke("retry-failed", unattended=True)

    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert answer["counts"] == UNATTENDED
    assert (line["level"], line["message"]) == ("INFO", "no gateway credentials yet")
    assert gateway.calls == []
    with ends_with(error_types.SECRET_EMPTY):
        invoke("retry-failed")
    boto3.client("secretsmanager").put_secret_value(
        SecretId=empty, SecretString=json.dumps({"apiKey": API_KEY, "secretKey": SECRET_KEY})
    )
    assert invoke("retry-failed", unattended=True) == answer
    assert names_of_calls(gateway) == ["query_callback_failed"]


@pytest.mark.parametrize("text", ["{}", '{"apiKey": "key"}', "no JSON"])
def test_credentials_that_are_filled_wrongly_are_an_error_for_the_schedule_too(
    gateway: Gateway, secrets: dict[str, str], monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    wrong = template.make_secret("wrong", text)
    environment = {"GATEWAY_BASE_URL": gateway.url, **secrets, "GATEWAY_CREDENTIALS_SECRET_ARN": wrong}

    with ends_with(error_types.SECRET_UNAVAILABLE):
        started("gateway", environment, monkeypatch)("retry-failed", unattended=True)


def test_a_list_that_cannot_be_had_is_an_error_for_the_schedule_too(invoke: Invoke, gateway: Gateway) -> None:
    gateway.fail("query_callback_failed", "gateway")

    with ends_with(error_types.GATEWAY_NOT_ALLOWED):
        invoke("retry-failed", unattended=True)


def test_rows_that_cannot_be_understood_are_shown_while_the_others_are_retried(
    invoke: Invoke, gateway: Gateway
) -> None:
    strange = {
        "no": "id",
        "url": f"http://h/callback/{TOKEN}/x",
        "long": "字" * 301,
        "list": [TOKEN, 1, None],
    }
    gateway.replies = [says(rows=[{"id": 7}, strange, "?"])] * 3

    listed, retried = invoke("failed"), invoke("retry-failed")

    shown = {"no": "id", "url": "http://h/callback/***/x", "long": "字" * 300 + "…", "list": ["***", 1, None]}
    # A text is no row.
    assert listed["rows"][1:] == [{"unreadable": shown}]
    assert retried["unreadable"] == [shown]
    assert counts(retried) == {"failed": 2, "unreadable": 1, "retried": 1}
    assert gateway.requests[-1].path.endswith("/retry_callback_failed")
    assert gateway.requests[-1].body == b"eventCallbackFailedId=7"


def test_a_vendors_message_that_repeats_the_address_is_shown_without_its_token(
    invoke: Invoke, gateway: Gateway
) -> None:
    def repeat(request: Request) -> Answer:
        said = {"success": False, "responseMessage": request.body.decode(), "responseCode": "9999"}
        return Answer(200, {"success": True, "content": said})

    gateway.replies = [says(data=[]), repeat]

    answer = invoke("register", callbackUrl="http://192.0.2.10/callback", eventTags=[SLUG])

    assert "callback%2F***%2Femployee-leave" in answer["tags"][0]["error"]
    assert TOKEN not in json.dumps(answer)


def test_the_failed_list_is_counted_for_its_alarm(
    invoke: Invoke, gateway: Gateway, callback: Callback, capsys: pytest.CaptureFixture[str]
) -> None:
    invoke("register", callbackUrl=callback.base, eventTags=[TAG])
    give_up_on(gateway, callback, 2)
    capsys.readouterr()

    invoke("retry-failed", limit=1)

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (metric,) = [line for line in lines if "_aws" in line]
    assert metric["service"] == "gateway"
    assert (metric["FailedCallbacks"], metric["RetriedCallbacks"], metric["UnreadableCallbacks"]) == (
        [2],
        [1],
        [0],
    )
    assert metric["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "MoziRelay"
    assert metric["RemainingCallbacks"] == [1]


def test_what_stays_is_what_was_refused_unreadable_or_not_come_to(
    invoke: Invoke, gateway: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    def listed_or_refused(request: Request) -> Answer:
        said = {"success": not request.body.endswith(b"=7"), "rows": [{"id": 7}, {"id": 8}, {"no": "id"}]}
        return Answer(200, {"success": True, "content": said})

    gateway.replies = [listed_or_refused] * 10
    capsys.readouterr()
    invoke("failed")
    assert counts(invoke("retry-failed")) == {"failed": 3, "unreadable": 1, "retried": 1, "refused": 1}
    assert counts(invoke("retry-failed", 0)) == {"failed": 3, "unreadable": 1, "left": 2}

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line.get("RemainingCallbacks") for line in lines if "_aws" in line] == [None, [2], [3]]


@pytest.mark.parametrize(
    ("status", "error_type"),
    [
        (401, error_types.GATEWAY_NOT_ALLOWED),
        (403, error_types.GATEWAY_NOT_ALLOWED),
        (500, error_types.GATEWAY_UNAVAILABLE),
    ],
)
def test_an_error_that_is_raised_repeats_no_secret_either(
    invoke: Invoke, gateway: Gateway, status: int, error_type: str
) -> None:
    quoted = f"apiKey {API_KEY} with {SECRET_KEY} may not call https://relay.example/callback/{TOKEN}/x"
    gateway.replies = [(status, {"success": False, "errorCode": TOKEN, "Message": quoted})]

    with ends_with(error_type, "may not call") as caught:
        invoke("list")

    said = f"{caught.value!r} {caught.value.__cause__} {vars(caught.value)}"
    assert not [secret for secret in (TOKEN, SECRET_KEY, API_KEY) if secret in said]


def test_no_token_or_key_is_answered_or_printed_on_any_path(
    invoke: Invoke,
    gateway: Gateway,
    callback: Callback,
    secrets: dict[str, str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    answers = [invoke("register", callbackUrl=callback.base)]
    give_up_on(gateway, callback, 2)
    rotate(secrets)
    callback.down = True
    answers += [invoke("register", callbackUrl=callback.base, eventTags=[TAG]), invoke("update")]
    callback.down = False
    answers += [invoke("failed"), invoke("list"), invoke("retry-failed"), invoke("unregister", takeOver=True)]

    said = json.dumps(answers) + "".join(capsys.readouterr())

    assert len(gateway.handshakes) > len(catalog.CATALOG)
    assert said.count("gateway action ended") == len(answers)
    for hidden in (TOKEN, ROTATED, SECRET_KEY):
        assert hidden not in said


def test_the_template_gives_the_function_what_its_settings_read_and_time_for_calls(invoke: Invoke) -> None:
    app = import_module("gateway.app")

    assert template.variables("GatewayFunction") == {name.upper() for name in app.Settings.model_fields}
    assert template.RESOURCES["GatewayFunction"]["Properties"]["Timeout"] >= 3 * CALL_SECONDS


@pytest.mark.parametrize(
    "sample", sorted((template.ROOT / "events").glob("gateway-*.json")), ids=lambda path: path.stem
)
def test_the_sample_events_are_requests_of_the_action_they_are_named_for(sample: Path) -> None:
    request = read_request(json.loads(sample.read_text("utf-8")))

    assert sample.stem.startswith(f"gateway-{request.action}")
