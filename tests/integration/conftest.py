"""A portal on the loopback address, and all four functions, each in a container started for the test."""

import importlib
import sys
import threading
from collections.abc import Iterator

import pytest

from tests.support.loopback import LoopbackPortal
from tests.support.relay_day import APPS, Run, Vendor, environment, invoked


@pytest.fixture
def portal() -> Iterator[LoopbackPortal]:
    with LoopbackPortal() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def run(inbound: None, portal: LoopbackPortal, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Invokes a function by its name."""
    with Vendor() as vendor:
        for name, value in environment(portal, vendor).items():
            monkeypatch.setenv(name, value)
        for app in APPS:
            monkeypatch.delitem(sys.modules, app, raising=False)
        yield lambda function, given: invoked(importlib.import_module(f"{function}.app"), given)
        for app in APPS:
            sys.modules.pop(app, None)
