"""The stand-in portal knows every field that a notice can have."""

import pytest

from relay.notices.model import field_names
from sandbox.vendors.notice_rules import fault_in_new

NOTICE = {"messageId": "n", "messageType": 1, "targetType": 0, "appId": "a", "header": {"defaultValue": "h"}}


@pytest.mark.parametrize("name", sorted(field_names()))
def test_a_field_of_the_notice_is_one_of_the_portal(name: str) -> None:
    fault = fault_in_new({name: None} | NOTICE)

    assert fault is None


def test_any_other_field_is_refused() -> None:
    assert fault_in_new(NOTICE | {"more": "x"}) == "more is not a field of a message"
