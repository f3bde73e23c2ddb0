"""What a web page could send is told by its headers alone; a key is new each time."""

import pytest

from sandbox.cloud.guard import Key, OwnHosts, cross_site

OWN = OwnHosts(4566, "s3-akia234")


@pytest.mark.parametrize("host", ["127.0.0.1:4566", "localhost:4566", "LocalHost:4566", "s3-akia234:4566"])
def test_a_program_that_calls_us_by_a_name_of_ours_is_let_in(host: str) -> None:
    assert cross_site([("Host", host), ("User-Agent", "curl")], OWN) == ""


def test_a_container_may_name_a_bucket_first() -> None:
    assert cross_site([("Host", "a-bucket.s3-akia234:4566")], OWN) == ""


@pytest.mark.parametrize(
    "host",
    [
        "page.example:4566",
        "page.example",
        "127.0.0.1",
        "127.0.0.1:4567",
        "127.0.0.1.page.example:4566",
        "localhost.page.example:4566",
        "a.localhost:4566",
        "localhost.:4566",
        "xs3-akia234:4566",
        "s3-akia234.page.example:4566",
        "169.254.169.254:4566",
        "[::1]:4566",
        ":4566",
        "",
    ],
)
def test_a_name_that_is_not_ours_was_led_here_by_somebody(host: str) -> None:
    assert "Host" in cross_site([("Host", host)], OWN)


@pytest.mark.parametrize("host", ["s3-akia234:4566", "a.s3-akia234:4566", ":4566", ".:4566"])
def test_without_a_name_for_containers_there_is_none(host: str) -> None:
    assert cross_site([("Host", host)], OwnHosts(4566))


@pytest.mark.parametrize("headers", [[], [("Host", "localhost:4566"), ("host", "page.example:4566")]])
def test_no_host_and_two_hosts_are_refused(headers: list[tuple[str, str]]) -> None:
    assert "Host" in cross_site(headers, OWN)


@pytest.mark.parametrize("origin", ["https://page.example", "null", "http://127.0.0.1:4566", ""])
def test_any_origin_is_a_pages(origin: str) -> None:
    assert "Origin" in cross_site([("Host", "127.0.0.1:4566"), ("origin", origin)], OWN)


@pytest.mark.parametrize(
    ("sites", "refused"),
    [
        (["none"], False),
        (["None "], False),
        (["cross-site"], True),
        (["same-site"], True),
        (["same-origin"], True),
        ([""], True),
        (["none", "cross-site"], True),
    ],
)
def test_a_browser_says_whose_request_it_is(sites: list[str], refused: bool) -> None:
    headers = [("Host", "127.0.0.1:4566"), *(("Sec-Fetch-Site", site) for site in sites)]

    assert bool(cross_site(headers, OWN)) is refused


def test_a_key_is_new_each_time_and_no_accounts_number() -> None:
    keys = [Key.made() for _ in range(100)]

    assert len({key.id for key in keys}) == 100
    assert not any(key.id.isdecimal() for key in keys)
    assert not any(key.secret in repr(key) for key in keys)
