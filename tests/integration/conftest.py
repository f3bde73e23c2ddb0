"""A portal on the loopback address, and all four functions, each in a container started for the test."""

import importlib
import sys
from collections.abc import Iterator

import pytest

from sandbox.portal import Portal
from tests.support.relay_day import APPS, Run, Vendor, environment, invoked
from tests.support.stand_ins import relays_portal


@pytest.fixture
def portal() -> Iterator[Portal]:
    with relays_portal() as running:
        yield running


@pytest.fixture
def run(inbound: None, portal: Portal, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Invokes a function by its name."""
    with Vendor() as vendor:
        for name, value in environment(portal, vendor).items():
            monkeypatch.setenv(name, value)
        for app in APPS:
            monkeypatch.delitem(sys.modules, app, raising=False)
        yield lambda function, given: invoked(importlib.import_module(f"{function}.app"), given)
        for app in APPS:
            sys.modules.pop(app, None)
