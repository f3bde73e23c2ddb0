"""A container on Docker's bridge reaches what listens on loopback."""

import sys
import threading

import pytest

from sandbox.containers import Forwarder, gateway_of
from sandbox.portal import Portal
from tests.support.stand_ins import notice, produce

# On Linux all of 127.0.0.0/8 is this machine; it stands for the bridge's address here.
BRIDGE = "127.0.0.2"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux passes on by itself")
def test_what_comes_to_the_bridge_is_answered_from_loopback() -> None:
    with Portal(app_key="key-1", app_secret="secret-1") as portal:
        inner = portal.url
        with Forwarder(BRIDGE, int(inner.rpartition(":")[2])) as forwarder:
            threading.Thread(target=forwarder.serve_forever, daemon=True).start()
            portal.url = inner.replace("127.0.0.1", BRIDGE)
            reply = produce(portal, [notice("n-1", body={"defaultValue": "长" * 200_000})])
            forwarder.shutdown()

        assert reply.body["code"] == 0
        assert portal.accepted("org-1") == {"n-1"}


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
