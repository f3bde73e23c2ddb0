"""A portal on the loopback address, and all four functions, each in a container started for the test."""

import importlib
import sys
from collections.abc import Iterator

import pytest

from sandbox.vendors.gateway import Gateway
from sandbox.vendors.portal import Portal
from tests.support.relay_day import APPS, Run, environment, invoked
from tests.support.stand_ins import relays_gateway, relays_portal


@pytest.fixture
def portal() -> Iterator[Portal]:
    with relays_portal() as running:
        yield running


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with relays_gateway() as running:
        yield running


@pytest.fixture
def run(inbound: None, portal: Portal, gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Invokes a function by its name."""
    for name, value in environment(portal, gateway).items():
        monkeypatch.setenv(name, value)
    for app in APPS:
        monkeypatch.delitem(sys.modules, app, raising=False)
    yield lambda function, given: invoked(importlib.import_module(f"{function}.app"), given)
    for app in APPS:
        sys.modules.pop(app, None)
