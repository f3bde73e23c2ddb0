"""Expects an invocation to end with an error, as Lambda answers it to its caller."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from relay.api.errors import InvocationError


@contextmanager
def ends_with(error_type: str, match: str = "") -> Iterator[pytest.ExceptionInfo[InvocationError]]:
    """Expect an error of this errorType whose message contains the pattern `match`."""
    with pytest.raises(InvocationError) as caught:
        yield caught
    assert type(caught.value).__name__ == error_type
    assert re.search(match, str(caught.value))
