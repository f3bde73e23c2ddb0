"""The address of a proxy, and what is never shown of it."""

import pytest

from relay.proxy import Proxy


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("http://10.0.0.7:3128", Proxy("10.0.0.7", 3128)),
        ("http://proxy.example:1", Proxy("proxy.example", 1)),
        ("http://[2001:db8::7]:65535", Proxy("2001:db8::7", 65_535)),
        ("http://user:pass@proxy:8080", Proxy("proxy", 8080, "Basic dXNlcjpwYXNz")),
        ("http://user:p%40s%3As@proxy:8080", Proxy("proxy", 8080, "Basic dXNlcjpwQHM6cw==")),
        ("http://%E7%94%A8%E6%88%B7:@proxy:8080", Proxy("proxy", 8080, "Basic 55So5oi3Og==")),
    ],
)
def test_a_proxy_is_read_from_its_address(url: str, proxy: Proxy) -> None:
    assert Proxy.at(url) == proxy


@pytest.mark.parametrize(
    "url",
    [
        "",
        "proxy:8080",
        "https://proxy:8080",
        "http://proxy",
        "http://proxy:",
        "http://proxy:0",
        "http://proxy:65536",
        "http://proxy:8080/",
        "http://user@proxy:8080",
        "http://user:se cret@proxy:8080",
        "http://user:se@cret@proxy:8080",
        "http://user:secret\r\nName: value@proxy:8080",
        " http://proxy:8080",
    ],
)
def test_an_address_that_is_none_is_not_quoted(url: str) -> None:
    with pytest.raises(ValueError, match="host and a port") as caught:
        Proxy.at(url)
    assert "cret" not in str(caught.value)


def test_a_proxy_does_not_show_who_calls() -> None:
    assert str(Proxy.at("http://user:pass@proxy:8080")) == "Proxy(host='proxy', port=8080)"
