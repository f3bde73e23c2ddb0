"""Invokes a function as Lambda does, and expects what it ends with as Lambda answers it to its caller."""

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest

from relay.api.error_types import InvocationError

type Invoke = Callable[..., dict[str, Any]]


class Context:
    """Lambda's context, with so many seconds left at each look; the last of them from then on."""

    def __init__(self, *seconds: float) -> None:
        self._left = list(seconds) or [300.0]

    def get_remaining_time_in_millis(self) -> int:
        return int(1000 * (self._left.pop(0) if len(self._left) > 1 else self._left[0]))


def started(function: str, environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Returns what invokes the function, in a container that starts now: action, *seconds, **fields."""
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    name = f"{function}.app"
    # Whatever stands here now stands here again when the test ends: no other test meets this container.
    monkeypatch.setitem(sys.modules, name, ModuleType(name))
    del sys.modules[name]
    app = import_module(name)

    def invoke(action: str, *seconds: float, **fields: Any) -> dict[str, Any]:
        for printer in app.logger.handlers:
            # The logger outlives its container, and with it where an earlier test printed to.
            printer.stream = sys.stdout
        event = json.loads(json.dumps({"action": action, **fields}))
        answer: dict[str, Any] = json.loads(json.dumps(app.handler(event, Context(*seconds))))
        return answer

    return invoke


@contextmanager
def ends_with(error_type: str, match: str = "") -> Iterator[pytest.ExceptionInfo[InvocationError]]:
    """Expect an error of this errorType whose message contains the pattern `match`."""
    with pytest.raises(InvocationError) as caught:
        yield caught
    assert type(caught.value).__name__ == error_type
    assert re.search(match, str(caught.value))
