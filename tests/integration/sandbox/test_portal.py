"""The portal's stand-in keeps the rules of the vendor's page, and can be made to fail."""

import hashlib
import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import closing, nullcontext
from functools import partial
from typing import Any

import pytest

from sandbox.vendors import portal_token
from sandbox.vendors.loopback import Answer, Request
from sandbox.vendors.portal import BATCH_LIMIT, PRODUCE_PATHS, TOKEN_PATHS, Portal
from sandbox.vendors.portal_faults import RESET, AnswerForm
from tests.support.stand_ins import ask_token, notice, produce, token
from tests.support.stand_ins import token_request as request_for_token

stand_in = partial(Portal, app_key="key-1", app_secret="secret-1")


@pytest.fixture
def portal() -> Iterator[Portal]:
    organisations = {"org-1": ["u-1", "u-2"], "org-2": ["u-9"]}
    with stand_in(organisations=organisations) as running:
        yield running


def notices(count: int) -> list[dict[str, Any]]:
    return [notice(f"n-{number}") for number in range(count)]


def test_its_signature_is_the_vendors() -> None:
    body = '{\n  "count": 20,\n  "page": 1,\n  "desc": "描述"\n}'.encode()
    query = [("k3", "v3"), ("k1", "v1"), ("k2", "v2")]

    signed = portal_token.signature("xxxxaaaxxxx", query, body, "1572574909697", "xxxappSecretxxx")

    assert signed == "59828328f6c1f9771015dc74e4929ae30f518a35a3d2353972c2ea46556fc981"


class TestTokens:
    def test_a_token_is_the_same_until_it_expires(self, portal: Portal) -> None:
        first, second = token(portal), token(portal)
        portal.tokens.expire()

        assert first == second
        assert token(portal) != first

    def test_the_time_left_is_in_seconds(self, portal: Portal) -> None:
        answer = ask_token(portal)

        assert answer["status"] == 0
        assert 7190 < answer["data"]["expire"] <= 7200

    @pytest.mark.parametrize(
        ("given", "status"),
        [
            ({"appKey": "another"}, 1002),
            ({"encryption": "0" * 64}, 1003),
            ({"timestamp": "soon"}, 1004),
            ({"encryption": ""}, 1202),
            ({"appKey": None}, 1202),
        ],
    )
    def test_a_wrong_request_gets_its_code(self, portal: Portal, given: dict[str, Any], status: int) -> None:
        assert ask_token(portal, **given)["status"] == status

    def test_an_encryption_serves_once(self, portal: Portal) -> None:
        stamp = int(time.time() * 1000)
        plain = f"{portal.tokens.app_key}{stamp}{portal.tokens.app_secret}".encode()
        given: dict[str, Any] = {"timestamp": stamp, "encryption": hashlib.sha256(plain).hexdigest()}

        assert [ask_token(portal, **given)["status"] for _ in range(2)] == [0, 1001]

    def test_a_refresh_replaces_the_token(self, portal: Portal) -> None:
        old = token(portal)
        new = ask_token(portal, refresh=True, accessToken=old)["data"]["accessToken"]

        assert new == token(portal) != old
        assert ask_token(portal, refresh=True, accessToken=old)["status"] == 1203
        assert produce(portal, notices(1), access=old).status == 401

    def test_an_expired_or_foreign_token_is_not_refreshed(self, portal: Portal) -> None:
        old = token(portal)
        portal.tokens.expire()

        assert ask_token(portal, refresh=True, accessToken=old)["status"] == 1203
        assert ask_token(portal, refresh=True, accessToken="foreign")["status"] == 1204


class TestCalls:
    @pytest.mark.parametrize("path", PRODUCE_PATHS)
    def test_a_signed_batch_is_produced_on_either_path(self, portal: Portal, path: str) -> None:
        reply = produce(portal, notices(2), path=path)

        assert (reply.status, reply.body) == (200, {"code": 0, "message": "", "data": {"success": True}})
        assert portal.accepted("org-1") == {"n-0", "n-1"}
        assert [(call.org_id, call.ids, call.ok) for call in portal.calls] == [
            ("org-1", ["n-0", "n-1"], True)
        ]

    @pytest.mark.parametrize(
        "wrong",
        [
            {"apim_signature": "0" * 64},
            {"apim_timestamp": "1572574909697"},
            {"apim_timestamp": "now"},
            {"apim_accesstoken": "foreign"},
        ],
    )
    def test_an_unsigned_call_is_401_and_changes_nothing(self, portal: Portal, wrong: dict[str, str]) -> None:
        assert produce(portal, notices(1), **wrong).status == 401
        assert portal.accepted("org-1") == set()

    def test_an_expired_token_is_401(self, portal: Portal) -> None:
        old = token(portal)
        portal.tokens.expire()

        assert produce(portal, notices(1), access=old).status == 401

    @pytest.mark.parametrize(("org_id", "message"), [("org-9", "org-9 is unknown"), ("", "not selected")])
    def test_an_unknown_organisation_is_refused(self, portal: Portal, org_id: str, message: str) -> None:
        reply = produce(portal, notices(1), org_id=org_id)

        assert reply.body["code"] == 512
        assert message in reply.body["message"]

    @pytest.mark.parametrize(("count", "code"), [(0, 400), (1, 0), (BATCH_LIMIT, 0), (BATCH_LIMIT + 1, 432)])
    def test_a_batch_has_one_to_a_hundred_notices(self, portal: Portal, count: int, code: int) -> None:
        assert produce(portal, notices(count)).body["code"] == code

    @pytest.mark.parametrize(
        ("form", "body"),
        [
            (AnswerForm(), {"code": 0, "message": "", "data": {"success": True}}),
            (AnswerForm(success_code=200, data_is_boolean=True), {"code": 200, "message": "", "data": True}),
        ],
    )
    def test_it_answers_in_each_documented_form(self, form: AnswerForm, body: object) -> None:
        with stand_in(form=form) as portal:
            assert produce(portal, notices(1)).body == body

    def test_a_refusal_can_come_with_a_status_of_its_own(self) -> None:
        with stand_in(form=AnswerForm(refusal_status=400)) as portal:
            reply = produce(portal, [notice("n-1", messageType=2)])

        assert (reply.status, reply.body["code"], reply.body["data"]) == (400, 400, {"success": False})

    def test_a_body_over_the_limit_is_413(self) -> None:
        with stand_in(body_limit=100) as portal:
            assert produce(portal, notices(1)).status == 413


class TestNotices:
    @pytest.mark.parametrize(
        ("given", "fault"),
        [
            ({"messageId": ""}, "messageId is required"),
            ({"messageType": None}, "messageType must be 1"),
            ({"messageType": "1"}, "messageType must be 1"),
            ({"messageType": True}, "messageType must be 1"),
            ({"targetType": None}, "targetType must be 0 or 1"),
            ({"targetType": 2}, "targetType must be 0 or 1"),
            ({"targets": []}, "targets is required"),
            ({"targets": [7]}, "targets is not a list of user ids"),
            ({"appName": None}, "appName is required"),
            ({"appName": "plain"}, "appName needs"),
            ({"appName": {"default": "flat"}}, "appName needs"),
            ({"header": {"i18nValue": {"zh_CN": "只有中文"}}}, "header needs defaultValue or en_US"),
            ({"tags": {"defaultValue": "not a list"}}, "tags needs a list"),
            ({"url": 7}, "url is not a string"),
            ({"Header": {"defaultValue": "as in the table"}}, "Header is not a field"),
        ],
    )
    def test_a_fault_refuses_the_whole_batch(self, portal: Portal, given: dict[str, Any], fault: str) -> None:
        reply = produce(portal, [notice("good"), notice("bad") | given])

        assert reply.body["code"] == 400
        assert fault in reply.body["message"]
        assert portal.accepted("org-1") == set()

    def test_for_everybody_no_targets_are_needed(self, portal: Portal) -> None:
        produce(portal, [notice("n-1", targetType=0, targets=None)])

        assert [portal.received("org-1", user)["n-1"] for user in ("u-1", "u-2")] == [1, 1]

    def test_an_application_of_ones_own_needs_no_name(self, portal: Portal) -> None:
        assert produce(portal, [notice("n-1", appId="app-1", appName=None)]).body["code"] == 0

    def test_the_name_is_the_same_in_every_notice_of_an_application(self, portal: Portal) -> None:
        other = {"defaultValue": "待办", "i18nValue": {"en_US": "Something else"}}

        within = produce(portal, [notice("n-1"), notice("n-2", appName=other)])
        produce(portal, [notice("n-1")])
        later = produce(portal, [notice("n-2", appName=other)])

        assert [reply.body["code"] for reply in (within, later)] == [400, 400]
        assert "appName differs" in later.body["message"]

    def test_unknown_users_are_dropped(self, portal: Portal) -> None:
        produce(portal, [notice("n-1", targets=["u-1", "u-9", "nobody"])])

        assert portal.received("org-1", "u-1") == {"n-1": 1}
        assert portal.received("org-1", "u-9") == {}

    def test_an_existing_notice_is_sent_again_to_those_who_had_it_not(self, portal: Portal) -> None:
        produce(portal, [notice("n-1")])
        reply = produce(portal, [{"messageId": "n-1", "messageType": 9, "targets": ["u-1", "u-2"]}])

        assert reply.body["code"] == 0
        assert [portal.received("org-1", user)["n-1"] for user in ("u-1", "u-2")] == [1, 1]
        assert portal.message("org-1", "n-1")["messageType"] == 1

    def test_organisations_do_not_share_notices(self, portal: Portal) -> None:
        produce(portal, [notice("n-1")])

        assert produce(portal, [{"messageId": "n-1"}], org_id="org-2").body["code"] == 400


class TestFaults:
    def test_a_refused_notice_is_named_with_the_reason(self, portal: Portal) -> None:
        portal.break_down(refuse={"n-1": "标签未登记"})

        message = produce(portal, notices(3)).body["message"]

        assert "n-1" in message
        assert "标签未登记" in message
        assert portal.accepted("org-1") == set()

    def test_it_breaks_on_certain_notices_only(self, portal: Portal) -> None:
        portal.break_down(break_on=frozenset({"n-1"}))

        assert produce(portal, notices(2)).status == 500
        assert produce(portal, notices(1)).status == 200

    @pytest.mark.parametrize("status", [403, 405])
    def test_a_firewall_turns_certain_notices_away(self, portal: Portal, status: int) -> None:
        page = Answer(status, {"firewall": "says no"})
        portal.break_down(turn_away=frozenset({"n-1"}), turned_away=page)

        assert produce(portal, notices(2))[:2] == (status, page.body)
        assert produce(portal, notices(1)).status == 200

    def test_an_organisation_can_be_gone(self, portal: Portal) -> None:
        portal.break_down(no_such=frozenset({"org-2"}))

        assert produce(portal, notices(1), org_id="org-2").body["code"] == 31404
        assert produce(portal, notices(1)).status == 200

    def test_a_code_of_its_own_comes_over_http_200(self, portal: Portal) -> None:
        portal.break_down(code=498)
        reply = produce(portal, notices(1))

        assert (reply.status, reply.body["code"]) == (200, 498)
        assert portal.accepted("org-1") == set()

    def test_it_can_lead_elsewhere(self) -> None:
        portal = stand_in(signed=False)
        portal.break_down(redirect="https://login.example/")
        answer = portal.answer(Request("POST", PRODUCE_PATHS[0], [], {}, b"{}"))

        assert (answer.status, answer.headers) == (302, {"Location": "https://login.example/"})

    def test_down_is_503_until_it_is_mended(self, portal: Portal) -> None:
        access = token(portal)
        portal.break_down(down=True)
        down = produce(portal, notices(1), access=access).status
        portal.fix()

        assert (down, produce(portal, notices(1), access=access).status) == (503, 200)

    @pytest.mark.parametrize("after", [None, "7"])
    def test_too_many_calls_are_429(self, portal: Portal, after: str | None) -> None:
        access = token(portal)
        portal.break_down(rate_limited=True, retry_after=after)

        reply = produce(portal, notices(1), access=access)

        assert (reply.status, reply.headers.get("retry-after")) == (429, after)

    def test_a_rate_lets_so_many_through_in_a_second(self) -> None:
        now = [time.time()]
        with stand_in(clock=lambda: now[0]) as portal:
            access = token(portal)
            portal.break_down(per_second=2)
            first = [produce(portal, notices(1), access=access).status for _ in range(3)]
            now[0] += 1

            assert first == [200, 200, 429]
            assert produce(portal, notices(1), access=access).status == 200

    def test_a_fault_can_last_for_some_calls(self, portal: Portal) -> None:
        access = token(portal)
        portal.break_down(down=True, calls=1)

        assert [produce(portal, notices(1), access=access).status for _ in range(2)] == [503, 200]

    def test_a_cut_answer_comes_after_the_batch_was_applied(self, portal: Portal) -> None:
        access = token(portal)
        portal.break_down(cut=True)

        with pytest.raises(http.client.IncompleteRead):
            produce(portal, notices(1), access=access)
        assert portal.accepted("org-1") == {"n-0"}

    def test_slow_is_as_slow_as_it_is_told(self, portal: Portal) -> None:
        access = token(portal)
        portal.break_down(delay=0.2)
        begun = time.monotonic()
        produce(portal, notices(1), access=access)

        assert time.monotonic() - begun >= 0.2

    def test_calls_at_once_are_all_recorded(self, portal: Portal) -> None:
        access = token(portal)
        batches = [[notice(f"n-{number}")] for number in range(20)]
        threads = [
            threading.Thread(target=produce, args=(portal, batch), kwargs={"access": access})
            for batch in batches
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(call.ids[0] for call in portal.calls) == sorted(f"n-{number}" for number in range(20))
        assert len(portal.accepted("org-1")) == 20


class TestReplies:
    def test_what_it_is_told_to_say_comes_once_and_then_the_rules_decide(self, portal: Portal) -> None:
        access = token(portal)
        portal.replies = [(418, {"code": 418}, {"Retry-After": "7"}), Answer(502, b"{}"), lambda _: None]

        replies = [produce(portal, notices(1), access=access) for _ in range(4)]

        assert [reply.status for reply in replies] == [418, 502, 200, 200]
        assert replies[0].headers["retry-after"] == "7"
        assert [call.ok for call in portal.calls] == [False, False, True, True]

    def test_a_reply_to_every_call_leaves_to_the_rules_what_it_does_not_answer(self, portal: Portal) -> None:
        portal.break_down(reply=lambda request: None if b"n-1" in request.body else Answer(409, {}))

        assert produce(portal, [notice("n-2")]).status == 409
        assert produce(portal, [notice("n-1")]).status == 200
        assert produce(portal, [notice("n-2")]).status == 409
        portal.fix()
        assert produce(portal, [notice("n-2")]).status == 200

    def test_a_reply_can_take_what_it_denies(self, portal: Portal) -> None:
        portal.break_down(refuse={"n-2": "why"})
        portal.replies += [lambda request: Answer(418 + portal.take(request), {})] * 2

        assert produce(portal, [notice("n-1")]).status == 419
        assert produce(portal, [notice("n-2")]).status == 418
        assert portal.accepted("org-1") == {"n-1"}

    def test_a_call_without_the_token_takes_none_of_the_replies(self, portal: Portal) -> None:
        portal.replies = [(418, {})]

        assert [produce(portal, notices(1), access=given).status for given in ("foreign", "")] == [401, 418]

    def test_the_token_service_can_be_told_too(self, portal: Portal) -> None:
        portal.tokens.replies = [(200, {"status": 1005})]

        assert [ask_token(portal)["status"] for _ in range(2)] == [1005, 0]

    def test_it_can_hang_up_and_stay_silent(self, portal: Portal) -> None:
        access = token(portal)
        portal.replies = [Answer(0, "", raw=b""), Answer(200, {}, silence=0.2)]

        with pytest.raises(http.client.RemoteDisconnected):
            produce(portal, notices(1), access=access)
        begun = time.monotonic()
        produce(portal, notices(1), access=access)
        assert time.monotonic() - begun >= 0.2

    def test_it_can_reset_a_connection(self, portal: Portal) -> None:
        access = token(portal)
        portal.replies = [RESET]

        with pytest.raises(ConnectionResetError):
            produce(portal, notices(1), access=access)

    @pytest.mark.parametrize(
        ("by_reset", "error"), [(True, ConnectionResetError), (False, TimeoutError)], ids=["RST", "silence"]
    )
    @pytest.mark.parametrize(("rested", "dead"), [(44, False), (45, True)])
    def test_a_connection_that_rested_can_be_dead(
        self, by_reset: bool, error: type[OSError], rested: float, dead: bool
    ) -> None:
        now = [time.time()]
        with stand_in(clock=lambda: now[0]) as portal:
            portal.break_down(forget_after=45, forget_by_reset=by_reset)
            connection = http.client.HTTPConnection(portal.url.removeprefix("http://"), timeout=0.3)
            with closing(connection):
                connection.request("POST", PRODUCE_PATHS[0], b"{}")
                connection.getresponse().read()
                now[0] += rested
                with pytest.raises(error) if dead else nullcontext():
                    connection.request("POST", PRODUCE_PATHS[0], b"{}")
                    assert connection.getresponse().status == 401


class TestWithoutRules:
    def test_whatever_has_the_token_is_taken_unread(self) -> None:
        with stand_in(rules=False) as portal:
            wrong = {"apim_signature": "0" * 64}
            access = token(portal)

            assert produce(portal, "no list", org_id="any", access=access, **wrong).status == 200
            assert produce(portal, notices(1), access="foreign").status == 401
        assert [call.ok for call in portal.calls] == [True, False]

    def test_it_can_be_told_what_to_refuse_and_with_which_status_to_fail(self) -> None:
        with stand_in(rules=False) as portal:
            portal.break_down(refuse={"n-1": "why"})
            codes = [produce(portal, notices(count)).body["code"] for count in (1, 2)]
            portal.break_down(status=418)

            assert codes == [0, 400]
            assert produce(portal, notices(1)).status == 418


def test_it_answers_without_a_socket() -> None:
    portal = stand_in()
    token_request = json.dumps(request_for_token(portal)).encode()
    asked = portal.answer(Request("POST", TOKEN_PATHS[0], [], {}, token_request))

    assert asked.body["data"]["accessToken"] == portal.tokens.token
    assert portal.answer(Request("POST", PRODUCE_PATHS[0], [], {}, b"{}")).status == 401


def test_after_its_block_nobody_answers() -> None:
    with stand_in() as portal:
        assert produce(portal, notices(1)).status == 200
    with pytest.raises(ConnectionRefusedError):
        produce(portal, notices(1), access="any")
