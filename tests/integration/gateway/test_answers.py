"""The gateway function's answers, whole: programs read them, so every key is pinned."""

import json
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import boto3
import pytest
from pydantic.alias_generators import to_snake

from relay import catalog
from relay.api.gateway import read_request
from sandbox.vendors.loopback import Answer, Loopback, Request
from tests.support import template
from tests.support.invocations import Invoke, started

TOKEN = "currentTokenOfTheTests"
BASE, OTHER = "http://192.0.2.10/relay/callback", "http://192.0.2.99/rpc/update"
FIRST, SECOND, THIRD, FOURTH = (kind.event_tag for kind in catalog.CATALOG[:4])


class Vendor(Loopback):
    """A gateway with four registrations and three failed callbacks; refuses what concerns the id 7."""

    def answer(self, request: Request) -> Answer:
        call = request.path.rsplit("/", 1)[-1]
        content: dict[str, Any] = {"success": True, "responseCode": "0"}
        if call == "query_callback_define":
            content["data"] = [
                {"id": 1, "eventTag": FIRST, "callbackUrl": f"{BASE}/{TOKEN}/{catalog.slug_of(FIRST)}"},
                {"id": 2, "eventTag": SECOND, "callbackUrl": f"{BASE}/{TOKEN}/elsewhere"},
                {"id": 3, "eventTag": THIRD, "callbackUrl": OTHER},
                {"id": 5, "eventTag": "new|tag", "callbackUrl": f"{BASE}/{TOKEN}"},
            ]
        elif call == "query_callback_failed":
            content["data"] = [{"id": 7, "eventTag": FIRST}, {"id": 8, "gmtCreate": "10:00"}, {"no": "id"}]
        elif request.body.endswith(b"=7"):
            content = {"success": False, "responseMessage": f"no {TOKEN}", "responseCode": "9999"}
        return Answer(200, {"success": True, "content": content})


@pytest.fixture
def invoke(cloud: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Invoke]:
    token = template.make_secret("token", f'{{"current": "{TOKEN}"}}')
    keys = template.make_secret(
        "gateway", '{"apiKey": "theApiKeyOfTheTests", "secretKey": "theSecretKeyOfTheTests"}'
    )
    named = {"CALLBACK_TOKEN_SECRET_ARN": token, "GATEWAY_CREDENTIALS_SECRET_ARN": keys}
    with Vendor() as vendor:
        yield started("gateway", {"GATEWAY_BASE_URL": vendor.url, **named}, monkeypatch)


def shown(slug: str) -> str:
    return f"{BASE}/***/{slug}"


def counted(**counts: int) -> dict[str, int]:
    names = ("registered", "updated", "unregistered", "unchanged", "notRegistered", "taken", "failed", "left")
    return dict.fromkeys(names, 0) | counts


TAKEN = {
    "change": "taken",
    "callbackUrl": "http://192.0.2.99/…",
    "error": 'not an address of this relay, so left alone; register or unregister it with "takeOver": true',
}


def tag(event_tag: str, **facts: str) -> dict[str, str]:
    return {"eventTag": event_tag, "slug": catalog.slug_of(event_tag), **facts}


def test_a_registration(invoke: Invoke) -> None:
    answer = invoke("register", 60, 60, 0, callbackUrl=BASE, eventTags=[SECOND, FOURTH, FIRST, THIRD])

    assert answer == {
        "action": "register",
        "counts": counted(updated=1, registered=1, unchanged=1, taken=1),
        "tags": [
            tag(SECOND, change="updated", callbackUrl=shown(catalog.slug_of(SECOND)), was=shown("elsewhere")),
            tag(FOURTH, change="registered", callbackUrl=shown(catalog.slug_of(FOURTH))),
            tag(FIRST, change="unchanged", callbackUrl=shown(catalog.slug_of(FIRST))),
            tag(THIRD, **TAKEN),
        ],
    }


def test_an_update(invoke: Invoke) -> None:
    answer = invoke("update", 0, eventTags=[SECOND, FOURTH])

    assert answer == {
        "action": "update",
        "counts": counted(left=1, notRegistered=1),
        "tags": [
            tag(
                SECOND,
                change="left",
                callbackUrl=shown(catalog.slug_of(SECOND)),
                was=shown("elsewhere"),
                error="no time was left: do the same again",
            ),
            tag(FOURTH, change="notRegistered"),
        ],
    }


def test_an_unregistration(invoke: Invoke) -> None:
    answer = invoke("unregister", eventTags=[FIRST, THIRD])

    assert answer == {
        "action": "unregister",
        "counts": counted(unregistered=1, taken=1),
        "tags": [
            tag(FIRST, change="unregistered", callbackUrl=shown(catalog.slug_of(FIRST))),
            tag(THIRD, **TAKEN),
        ],
    }


def test_the_list(invoke: Invoke) -> None:
    answer = invoke("list")

    assert answer == {
        "action": "list",
        "counts": {"current": 2, "other": 1, "notRegistered": len(catalog.CATALOG) - 3, "unknown": 1},
        "tags": [
            tag(FIRST, state="current", id="1", callbackUrl=shown(catalog.slug_of(FIRST))),
            tag(SECOND, state="current", id="2", callbackUrl=shown("elsewhere")),
            tag(THIRD, state="other", id="3", callbackUrl="http://192.0.2.99/…"),
            *(tag(kind.event_tag, state="notRegistered") for kind in catalog.CATALOG[3:]),
        ],
        "unknown": [{"id": 5, "eventTag": "new|tag", "callbackUrl": f"{BASE}/***"}],
        "rotating": False,
    }


@pytest.mark.parametrize(("offset", "limit", "left"), [(0, 100, 0), (0, 1, 2), (1, 1, 1), (3, 1, 0)])
def test_the_failed_list(invoke: Invoke, offset: int, limit: int, left: int) -> None:
    rows = [
        {"id": "7", "eventTag": FIRST, "time": None, "callbackUrl": "", "state": "other"},
        {"id": "8", "eventTag": None, "time": "10:00", "callbackUrl": "", "state": "other"},
        {"unreadable": {"no": "id"}},
    ]

    assert invoke("failed", offset=offset, limit=limit) == {
        "action": "failed",
        "counts": {"failed": 3, "unreadable": 1},
        "rows": rows[offset : offset + limit],
        "left": left,
    }


def test_a_retry(invoke: Invoke) -> None:
    assert invoke("retry-failed") == {
        "action": "retry-failed",
        "counts": {"failed": 3, "unreadable": 1, "retried": 1, "refused": 1, "left": 0},
        "errors": [{"id": "7", "error": "no *** (code 9999)"}],
        "stopped": "",
        "unreadable": [{"no": "id"}],
    }


def test_a_removal_without_time(invoke: Invoke) -> None:
    assert invoke("remove-failed", 60, 0, ids=["8", "9"]) == {
        "action": "remove-failed",
        "counts": {"removed": 1, "refused": 0, "left": 1},
        "errors": [],
        "stopped": "no time was left",
    }


def test_an_unattended_retry_without_credentials(cloud: None, monkeypatch: pytest.MonkeyPatch) -> None:
    token, keys = (
        template.make_secret("token", '{"current": "token-token-token"}'),
        template.make_secret("gateway", None),
    )
    named = {"CALLBACK_TOKEN_SECRET_ARN": token, "GATEWAY_CREDENTIALS_SECRET_ARN": keys}
    invoke = started("gateway", {"GATEWAY_BASE_URL": "http://192.0.2.1", **named}, monkeypatch)

    assert invoke("retry-failed", unattended=True) == {
        "action": "retry-failed",
        "counts": {"failed": 0, "unreadable": 0, "retried": 0, "refused": 0, "left": 0},
        "errors": [],
        "stopped": "",
        "unreadable": [],
    }


def test_the_log_has_the_counts_of_an_answer_in_snake_case(
    invoke: Invoke, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    counts = invoke("update", 0, eventTags=[SECOND, FOURTH])["counts"]

    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {to_snake(name): count for name, count in counts.items()}.items() <= line.items()
    assert [name for name in line if not name.islower()] == []


def test_the_function_is_built_on_the_clock_and_the_clients_it_is_given(invoke: Invoke) -> None:
    app = import_module("gateway.app")
    made: list[str] = []

    def client(service: str) -> Any:
        made.append(service)
        return boto3.client(service)  # type: ignore[call-overload]

    actions = app.build(app.settings, clock=lambda: 1_795_360_209.0, client=client)
    answer = actions.perform(read_request({"action": "list"}), lambda: 300)

    assert (answer.counts.current, made) == (2, ["secretsmanager"] * 2)
