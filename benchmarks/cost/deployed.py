"""The four functions on mock AWS and loopback vendors, as the tests run them: their calls and lines."""

import importlib
import io
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from typing import Any

from moto import mock_aws

from relay.aws import session
from sandbox.portal import Portal
from tests.support import template
from tests.support.relay_day import APPS, environment, invoked
from tests.support.stand_ins import relays_gateway, relays_portal

_LISTENED_TO = ("dynamodb", "sns")
_NOT_OURS = ("AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN", "AWS_PROFILE")


class Deployed:
    """Invokes a function; `calls` are those of AWS by its last invocation, with their parameters."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def invoke(self, function: str, given: Any) -> str:
        """What one invocation prints. Calls of Secrets Manager and SQS are not listened to."""
        printed = io.StringIO()
        self.calls.clear()
        with redirect_stdout(printed):
            app = importlib.import_module(f"{function}.app")
            invoked(app, given)
        return printed.getvalue()

    def called(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        self.calls.append((model.name, dict(params)))


@contextmanager
def deployed() -> Iterator[Deployed]:
    """The functions as template.yaml has them, with credentials that open nothing."""
    before = dict(os.environ)
    try:
        with ExitStack() as stack:
            _be_nobody()
            stack.enter_context(mock_aws())
            portal, gateway = stack.enter_context(relays_portal()), stack.enter_context(relays_gateway())
            template.make_event_table()
            template.make_topics()
            template.make_payload_bucket()
            os.environ.update(environment(portal, gateway))
            _forget()
            functions = Deployed(portal)
            for service in _LISTENED_TO:
                listen: Any = (f"provide-client-params.{service}", functions.called)
                session().register(*listen)
                stack.callback(session().unregister, *listen)
            yield functions
    finally:
        os.environ.clear()
        os.environ.update(before)
        _forget()


def _be_nobody() -> None:
    for name in _NOT_OURS:
        os.environ.pop(name, None)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        os.environ[name] = "counting"
    os.environ["AWS_DEFAULT_REGION"] = template.REGION
    os.environ["LOG_LEVEL"] = "INFO"


def _forget() -> None:
    """A function's module reads its environment once, when it is imported."""
    for app in APPS:
        sys.modules.pop(app, None)
