"""The real dispatcher and a portal that refuses culprits, in one process: `culprits.py SIZE POSITIONS`.

The positions are a JSON list of lists, each one batch's culprits. Prints for each batch the calls that were
made, and how many notices were accepted and rejected; a culprit accepted or another rejected ends it.
"""

import json
import sys
import time
from collections.abc import Sequence
from threading import Lock

from notice.deadline import Deadline
from notice.dispatch.dispatcher import Dispatcher
from notice.outcomes import Accepted, Rejected
from notice.portal.errors import ProduceRefusedError
from notice.queue.records import QueuedNotice


class Portal:
    """Refuses a batch that has a culprit in it."""

    def __init__(self, culprits: set[str]) -> None:
        self._culprits, self._lock = culprits, Lock()
        self.calls = 0

    def produce(self, org_id: str, notices: Sequence[bytes], deadline: Deadline) -> None:
        names = {json.loads(one)["messageId"] for one in notices}
        with self._lock:
            self.calls += 1
        if names & self._culprits:
            raise ProduceRefusedError("400", "parameter.invalid")


def search(size: int, positions: list[int]) -> dict[str, int]:
    names = [f"n-{number}" for number in range(size)]
    notices = [QueuedNotice("o-1", name, json.dumps({"messageId": name}).encode()) for name in names]
    culprits = {names[position] for position in positions}
    portal = Portal(culprits)
    found = Dispatcher(portal, clock=time.time).dispatch(notices, Deadline.after(900, time.time)).outcomes
    accepted = {one.message_id for one, outcome in found.items() if isinstance(outcome, Accepted)}
    rejected = {one.message_id for one, outcome in found.items() if isinstance(outcome, Rejected)}
    if accepted & culprits or rejected - culprits:
        raise SystemExit(f"culprits at {positions}, but accepted {accepted & culprits}, rejected {rejected}")
    return {"calls": portal.calls, "accepted": len(accepted), "rejected": len(rejected)}


size, lists = map(json.loads, sys.argv[1:])
print(json.dumps([search(size, positions) for positions in lists]))
