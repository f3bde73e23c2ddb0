"""A container on Docker's bridge reaches what listens on loopback, if it has the sandbox's key."""

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from sandbox.cloud.containers import Forwarder, gateway_of
from sandbox.cloud.guard import Key
from sandbox.vendors.portal import Portal
from tests.support.stand_ins import notice, produce, token
from tests.support.web_page import PAGES, send

# On Linux all of 127.0.0.0/8 is this machine; it stands for the bridge's address here.
BRIDGE = "127.0.0.2"


KEY = Key("AKIAFORTHISTESTALONE", "secret")
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux passes on by itself")


@contextmanager
def bridged() -> Iterator[tuple[Portal, str]]:
    """A portal, and its url on the bridge."""
    with Portal(app_key="key-1", app_secret="secret-1") as portal:
        portal.containers_name = KEY.host
        with Forwarder(BRIDGE, int(portal.url.rpartition(":")[2]), KEY.host) as forwarder:
            threading.Thread(target=forwarder.serve_forever, args=(0.01,), daemon=True).start()
            yield portal, portal.url.replace("127.0.0.1", BRIDGE)
            forwarder.shutdown()


@LINUX
def test_what_calls_us_by_the_keys_name_is_answered_from_loopback() -> None:
    large = notice("n-1", body={"defaultValue": "长" * 200_000})
    with bridged() as (portal, url):
        given, portal.url = token(portal), url
        host = url.replace(f"http://{BRIDGE}", KEY.host)
        reply = produce(portal, [large], access=given, Host=host)

    assert reply.body["code"] == 0
    assert portal.accepted("org-1") == {"n-1"}


@LINUX
@pytest.mark.parametrize(
    "host",
    [
        f"{BRIDGE}:{{port}}",
        "127.0.0.1:{port}",
        "localhost:{port}",
        "s3-akia:{port}",
        f"{KEY.host}:1",
        KEY.host,
    ],
)
def test_what_comes_over_the_bridge_without_the_key_is_not_passed_on(host: str) -> None:
    with bridged() as (_, url):
        status, _, body = send(url, "GET", "/", {"Host": host})

    # The portal itself says why it refuses something.
    assert (status, body) == (403, b"")


@LINUX
@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: ", b"\r\n\r\n", b"x" * 70_000 + b"\r\n\r\n"])
def test_what_is_no_request_is_not_passed_on(sent: bytes) -> None:
    with bridged() as (_, url), socket.create_connection((BRIDGE, urlsplit(url).port or 0), 5) as caller:
        caller.sendall(sent)
        caller.shutdown(socket.SHUT_WR)

        assert caller.recv(100).startswith(b"HTTP/1.1 403 ")


@LINUX
@pytest.mark.parametrize("page", [page for page in PAGES.values() if "Host" not in page])
def test_the_key_does_not_open_to_a_page(page: dict[str, str]) -> None:
    with bridged() as (_, url):
        status, _, body = send(url, "GET", "/", {"Host": f"{KEY.host}:{{port}}"} | page)

    assert status == 403
    assert b"web page" in body


@pytest.mark.parametrize(
    ("config", "address"),
    [
        ({"Subnet": "172.17.0.0/16", "Gateway": "172.17.0.254"}, "172.17.0.254"),
        ({"Subnet": "172.17.0.0/16"}, "172.17.0.1"),
        ({"Subnet": "192.0.2.128/25", "Gateway": ""}, "192.0.2.129"),
    ],
)
def test_the_bridges_address_is_the_named_one_or_the_first(config: dict[str, str], address: str) -> None:
    assert gateway_of(config) == address
