"""What the portal's answers mean, and how requests to it are signed."""

import json
from datetime import UTC, datetime

import pytest

from notice.portal.answer import check, retry_after
from notice.portal.client import signature
from notice.portal.errors import (
    NotFoundError,
    OrganisationNotAllowedError,
    PortalNotAllowedError,
    PortalUnavailableError,
    ProduceError,
    ProduceFailedError,
    ProduceRefusedError,
    ProduceTooLargeError,
    ProduceTooMuchError,
    ProduceTurnedAwayError,
    TokenTurnedDownError,
)
from notice.portal.tokens import encryption
from relay.transport import Response

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC).timestamp()


def said(status: int, answer: object, headers: dict[str, str] | None = None) -> ProduceError:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    with pytest.raises(ProduceError) as caught:
        check(Response(status, headers or {}, body), NOW)
    return caught.value


@pytest.mark.parametrize("data", [True, {"success": True}])
@pytest.mark.parametrize("code", [{"code": 0}, {"code": 200}, {"code": "0"}, {"code": "200"}, {}])
def test_both_forms_of_success_count_with_either_code(code: dict[str, object], data: object) -> None:
    check(Response(200, {}, json.dumps({**code, "message": "", "data": data}).encode()), NOW)


@pytest.mark.parametrize("code", [0, 200, "0", "200"])
@pytest.mark.parametrize("more", [{}, {"data": None}, {"data": {}}, {"data": {"success": None}}])
def test_a_code_of_success_without_a_verdict_is_a_success(code: object, more: dict[str, object]) -> None:
    """Otherwise a notice that the portal has would be sent again for 14 days."""
    check(Response(200, {}, json.dumps({"code": code, "message": "", **more}).encode()), NOW)


@pytest.mark.parametrize("code", [b"0.0", b"200.0", b"2e2"])
def test_a_code_of_success_may_be_written_with_a_fraction_of_nothing(code: bytes) -> None:
    check(Response(200, {}, b'{"code": ' + code + b"}"), NOW)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (b"31404.0", OrganisationNotAllowedError),
        (b"4.00e2", ProduceRefusedError),
        (b"400.5", ProduceFailedError),
        (b"1e400", ProduceFailedError),
    ],
)
def test_any_other_code_may_be_too(code: bytes, kind: type[ProduceError]) -> None:
    assert type(said(500, b'{"code": ' + code + b"}")) is kind


@pytest.mark.parametrize("data", [False, {"success": False}])
def test_a_plain_no_is_about_the_data(data: object) -> None:
    error = said(200, {"code": 0, "data": data})

    assert isinstance(error, ProduceRefusedError)
    assert error.code == "NotSent"


@pytest.mark.parametrize("code", [400, 404, 405, 408, 409, 410, 415, 422, 499, 31400, 32400, 32404])
@pytest.mark.parametrize("status", [200, 400, 403, 500])
def test_codes_that_speak_of_the_data_are_refusals_whatever_the_status(status: int, code: int) -> None:
    error = said(status, {"code": code, "message": "parameter.invalid"})

    assert isinstance(error, ProduceRefusedError)
    assert (error.code, error.message) == (str(code), "parameter.invalid")


@pytest.mark.parametrize("code", ["u-1 张三 13800138000", "x" * 65, "a\nb", "<html>"])
@pytest.mark.parametrize("name", ["code", "status"])
def test_what_is_no_code_is_not_taken_for_one(name: str, code: str) -> None:
    """It would reach the log."""
    assert said(503, {name: code}).code == "503"


@pytest.mark.parametrize("code", [401, 31401, 1203])
@pytest.mark.parametrize("status", [200, 401, 500])
def test_codes_of_the_token_are_about_everything(status: int, code: int) -> None:
    error = said(status, {"code": code})

    assert isinstance(error, TokenTurnedDownError)


@pytest.mark.parametrize("code", [497, 498, 31497, 32498])
@pytest.mark.parametrize("status", [200, 400, 403, 404, 500])
def test_codes_of_signature_and_permission_are_configuration_whatever_the_status(
    status: int, code: int
) -> None:
    assert type(said(status, {"code": code, "data": False})) is PortalNotAllowedError


@pytest.mark.parametrize("code", [777, 31777, "NOT_FOUND", 12])
def test_http_404_under_a_code_of_the_portals_own_is_about_the_data(code: int | str) -> None:
    assert type(said(404, {"code": code})) is ProduceRefusedError


@pytest.mark.parametrize("code", [403, 31403, 32403, 512, 31404])
@pytest.mark.parametrize("status", [200, 400, 404])
def test_codes_of_permission_may_be_about_one_organisation(status: int, code: int) -> None:
    error = said(status, {"code": code})

    assert isinstance(error, OrganisationNotAllowedError)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        *((code, PortalUnavailableError) for code in (429, 31429, 503)),
        *((code, ProduceFailedError) for code in (500, 31500)),
        *((code, ProduceTooMuchError) for code in (504, 31504)),
        *((code, ProduceTooLargeError) for code in (413, 430, 432, 31430)),
    ],
)
@pytest.mark.parametrize("status", [200, 400, 401])
def test_codes_that_say_nothing_about_the_data_leave_it_open(
    status: int, code: int, kind: type[ProduceError]
) -> None:
    error = said(status, {"code": code})

    assert type(error) is kind


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *((status, ProduceRefusedError) for status in (400, 422)),
        (401, TokenTurnedDownError),
        *((status, ProduceTurnedAwayError) for status in (403, 405)),
        *((status, PortalNotAllowedError) for status in (300, 301, 302, 304, 307, 308)),
        (404, NotFoundError),
        (413, ProduceTooLargeError),
        *((status, ProduceTooMuchError) for status in (408, 502, 504)),
        *((status, PortalUnavailableError) for status in (425, 429, 503)),
        *((status, ProduceFailedError) for status in (100, 402, 418, 500, 501, 599)),
    ],
)
@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"\xff", b"[" * 100_000, b'{"code":0,"x":1}', b'{"code":[]}']
)
def test_without_a_known_code_the_status_speaks(status: int, kind: type[ProduceError], body: bytes) -> None:
    error = said(status, body)

    assert type(error) is kind
    assert error.code in (str(status), "200")


ODD_CODES: list[object] = ["", " ", None, True, False, [], 0.5]
ODD_DATA: list[object] = [1, 0, "", [], {"success": "true"}, {"success": 1}]


@pytest.mark.parametrize("status", [200, 204])
@pytest.mark.parametrize(
    "answer",
    [
        *(b"", b"<html>login</html>", {}, [], "ok", {"code": 777}, {"code": 777, "data": True}),
        *({"code": code} for code in ODD_CODES),
        *({"status": 200}, {"status": 0}, {"message": "OK", "data": None}),
        *({"data": data} for data in (None, {}, {"success": None}, *ODD_DATA)),
        *({"code": 0, "data": data} for data in ODD_DATA),
    ],
)
def test_a_200_that_does_not_say_yes_is_no_success(status: int, answer: object) -> None:
    assert isinstance(said(status, answer), PortalUnavailableError | ProduceFailedError)


@pytest.mark.parametrize("status", [301, 400, 500])
def test_a_yes_under_an_error_status_is_no_success(status: int) -> None:
    assert said(status, {"code": 0, "data": True}).code == str(status)


def test_the_gateways_status_field_counts_unless_it_only_echoes_http() -> None:
    assert isinstance(said(200, {"status": 1203, "msg": "token expired"}), PortalNotAllowedError)
    assert isinstance(said(404, {"status": 404, "path": "/x"}), PortalNotAllowedError)
    assert isinstance(said(405, {"status": 405, "error": "Method Not Allowed"}), ProduceTurnedAwayError)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *((status, ProduceTurnedAwayError) for status in (403, 405)),
        (404, NotFoundError),
        (408, ProduceTooMuchError),
    ],
)
@pytest.mark.parametrize("name", ["code", "status"])
@pytest.mark.parametrize("kind_of_code", [int, str])
def test_a_code_that_equals_the_http_status_says_no_more_than_it(
    status: int, kind: type[ProduceError], name: str, kind_of_code: type
) -> None:
    """A gateway, or a firewall before it, writes its status into the body too."""
    error = said(status, {name: kind_of_code(status), "message": "no"})

    assert isinstance(error, kind)
    assert error.code == str(status)


@pytest.mark.parametrize("status", [409, 410, 415, 499])
def test_a_code_of_the_portals_counts_over_a_status_that_has_no_meaning_of_its_own(status: int) -> None:
    assert type(said(status, {"code": status})) is ProduceRefusedError


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (403, 31403, OrganisationNotAllowedError),
        (403, 512, OrganisationNotAllowedError),
        (404, 31404, OrganisationNotAllowedError),
        (404, 32404, ProduceRefusedError),
        (404, 403, OrganisationNotAllowedError),
    ],
)
def test_any_other_code_speaks_over_the_same_status(status: int, code: int, kind: type[ProduceError]) -> None:
    assert type(said(status, {"code": code})) is kind


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("Sun, 22 Nov 2026 10:02:00 GMT", 120.0),
        ("Sun, 22 Nov 2026 09:00:00 GMT", 0.0),
        ("Sun, 22 Nov 2026 10:02:00", 120.0),
    ],
)
def test_retry_after_is_read_in_both_its_forms(given: str | None, seconds: float | None) -> None:
    headers = {} if given is None else {"Retry-After": given}

    assert retry_after(Response(429, headers, b""), NOW) == seconds


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_wait_that_the_portal_asks_for_is_passed_on(status: int) -> None:
    error = said(status, b"", {"Retry-After": "30"})

    assert isinstance(error, PortalUnavailableError)
    assert error.retry_after == 30


def test_the_signature_is_the_one_of_the_vendors_example() -> None:
    body = '{\n  "count": 20,\n  "page": 1,\n  "desc": "描述"\n}'.encode()
    query = {"k3": "v3", "k1": "v1", "k2": "v2"}

    signed = signature("xxxxaaaxxxx", query, body, 1572574909697, "xxxappSecretxxx")

    assert signed == "59828328f6c1f9771015dc74e4929ae30f518a35a3d2353972c2ea46556fc981"


def test_the_proof_in_a_token_request_is_the_documented_digest() -> None:
    # printf 'key1572574909697secret' | sha256sum
    assert encryption("key", 1572574909697, "secret") == (
        "cda3638346f2d7f5e184e8c45d1ac11958f2bb0ba05a579a839fc0bad6d38fd5"
    )
