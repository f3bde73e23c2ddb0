"""What gives access in somebody else's address is masked, in whatever way the address is written."""

import json
from urllib.parse import quote

import pytest

from relay.masking import mask_addresses

SECRETS = ("s3cret", "hunter2", "t0ken")
ADDRESS = "https://s3cret:hunter2@example.com:8443/path?access_token=t0ken#t0ken"


@pytest.mark.parametrize("cut", range(len("https://s3c"), len(ADDRESS) + 1))
@pytest.mark.parametrize(
    "escape", [str, lambda text: text.replace("/", "\\/"), lambda text: quote(text, safe="")]
)
def test_no_secret_is_left_where_an_address_is_cut_or_escaped(cut: int, escape: type[str]) -> None:
    shown = mask_addresses(f"refused: {escape(ADDRESS[:cut])}")

    assert "hunter2" not in shown
    assert "t0ken" not in shown
    if cut > ADDRESS.index(":hunter"):
        assert "hunter" not in shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (ADDRESS, "https://***@example.com:8443/path?***"),
        (f"a {ADDRESS} b", "a https://***@example.com:8443/path?*** b"),
        (json.dumps({"url": ADDRESS}), '{"url": "https://***@example.com:8443/path?***"}'),
        ("https://example.com:8443/a/b", "https://example.com:8443/a/b"),
        ("https://example.com:", "https://example.com:"),
        ("https://[2001:db8::1]:8443/a", "https://[2001:db8::1]:8443/a"),
        ("https://example.com/a@b", "https://example.com/a@b"),
        ("arn:aws-cn:sqs:cn-north-1:123456789012:q", "arn:aws-cn:sqs:cn-north-1:123456789012:q"),
        ("why? because: 12:30", "why? because: 12:30"),
        ("地址 http://192.0.2.10/callback?x=t0ken，不可用", "地址 http://192.0.2.10/callback?***"),
        (
            "https:\\u002f\\u002fs3cret:hunter2\\u0040h\\u003ft0ken",
            "https:\\u002f\\u002f***\\u0040h\\u003f***",
        ),
    ],
)
def test_where_an_address_leads_is_still_seen(written: str, shown: str) -> None:
    assert mask_addresses(written) == shown


def test_a_long_text_is_masked_in_one_pass() -> None:
    """A search from each of its letters would outlast the test's time limit."""
    text = "a" * 2_000_000

    assert mask_addresses(f"{text} {ADDRESS}") == f"{text} https://***@example.com:8443/path?***"
