"""The portal in process ends a call as the function's client does over a socket, and keeps the same of it."""

from typing import Any

import pytest

from notice.portal.errors import ProduceError
from sandbox.vendors.portal import Portal
from tests.support.in_process_portal import (
    DOWN,
    FAILED,
    FAILING,
    FORBIDDEN,
    RATE_LIMITED,
    TOKEN_TURNED_DOWN,
    UNAVAILABLE,
    WRONG_ADDRESS,
    InProcessPortal,
    refusal,
    too_many,
)
from tests.support.outbound import deadline, notices, portal_client
from tests.support.stand_ins import ORGANISATIONS

ANSWERS = [
    UNAVAILABLE,
    FAILED,
    TOKEN_TURNED_DOWN,
    FORBIDDEN,
    WRONG_ADDRESS,
    refusal("why", 415),
    too_many("7"),
]


@pytest.mark.parametrize("org_id", ["o-1", "unknown"])
@pytest.mark.parametrize(
    "faults",
    [
        {},
        DOWN,
        FAILING,
        RATE_LIMITED,
        RATE_LIMITED | {"retry_after": "60"},
        {"refuse": {"n-1": "refused"}},
        {"break_on": frozenset({"n-1"})},
        {"cut": True},
        *({"reply": answer} for answer in ANSWERS),
    ],
)
def test_a_call_ends_alike_in_process_and_over_a_socket(
    portal: Portal, org_id: str, faults: dict[str, Any]
) -> None:
    client, in_process = portal_client(portal), InProcessPortal(organisations=ORGANISATIONS)
    _end(client, "o-2")  # Now it has a token, which the portal in process does without.
    portal.forget_calls()
    portal.break_down(**faults)
    in_process.break_down(**faults)

    ends = [_end(client, org_id), _end(in_process, org_id)]

    assert ends[0] == ends[1]
    calls = [
        [(call.org_id, call.ids, call.status, call.ok) for call in one.calls] for one in (portal, in_process)
    ]
    assert calls[0] == calls[1]
    assert portal.accepted("o-1") == in_process.accepted("o-1")


def _end(client: Any, org_id: str) -> tuple[object, ...] | None:
    """What a produce call raises: kind, the portal's words and the wait it asks for; None if it is taken."""
    try:
        client.produce(org_id, [one.wire for one in notices(3)], deadline())
    except ProduceError as error:
        return type(error), error.code, error.message, getattr(error, "retry_after", None)
    return None
