"""A web page gets nothing from either vendor's stand-in, and moves nothing in it."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from sandbox.vendors.gateway import PREFIX, Gateway
from sandbox.vendors.portal import PRODUCE_PATHS, TOKEN_PATHS, Portal
from tests.support.stand_ins import ask_token, manage
from tests.support.web_page import PAGES, send

PAGE = pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
TEXT = {"Content-Type": "text/plain"}


@pytest.fixture
def stand_ins() -> Iterator[tuple[Portal, Gateway]]:
    with ExitStack() as stack:
        portal = stack.enter_context(Portal(app_key="key-1", app_secret="secret-1"))
        yield portal, stack.enter_context(Gateway(api_key="key-2", secret_key="secret-2"))


@PAGE
def test_a_page_is_refused_before_the_stand_in_reads_it(
    stand_ins: tuple[Portal, Gateway], page: dict[str, str]
) -> None:
    portal, gateway = stand_ins

    answers = [
        *(send(portal.url, "POST", path, TEXT | page, b"{}") for path in (*TOKEN_PATHS, *PRODUCE_PATHS)),
        send(portal.url, "GET", PRODUCE_PATHS[0], page),
        send(gateway.url, "POST", f"{PREFIX}register_event_callback", TEXT | page, b"eventTag=x"),
        send(gateway.url, "GET", f"{PREFIX}query_callback_define", page),
    ]

    assert {status for status, _, _ in answers} == {403}
    assert not [name for _, headers, _ in answers for name in headers if name.startswith("access-control")]
    assert (portal.calls, gateway.calls) == ([], [])


@PAGE
@pytest.mark.parametrize("method", ["OPTIONS", "HEAD", "PUT", "PATCH", "DELETE"])
def test_a_preflight_is_refused_and_what_it_asks_for(
    stand_ins: tuple[Portal, Gateway], method: str, page: dict[str, str]
) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "apim-accesstoken"}

    for stand_in in stand_ins:
        status, headers, _ = send(stand_in.url, method, PRODUCE_PATHS[0], asked | page)

        assert status == 403
        assert not [name for name in headers if name.startswith("access-control")]


def test_a_program_is_answered_as_before(stand_ins: tuple[Portal, Gateway]) -> None:
    portal, gateway = stand_ins

    assert ask_token(portal)["status"] == 0
    assert manage(gateway, "query_callback_define").body["content"]["success"]


def test_an_address_that_a_person_types_into_a_browser_is_no_page(
    stand_ins: tuple[Portal, Gateway],
) -> None:
    typed = {"Sec-Fetch-Site": "none", "Host": "localhost:{port}"}

    assert send(stand_ins[0].url, "GET", "/", typed)[0] == 404
