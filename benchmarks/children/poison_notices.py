"""The real dispatcher and a portal that refuses poison notices: `poison_notices.py SIZE POSITIONS`.

The positions are a JSON list of lists, each one batch's poison notices. Prints for each batch the calls that
were made, and how many notices were accepted and rejected; a poison notice accepted or another one rejected
ends it. The portal is the sandbox's, in the same process and without rules: what counts are its calls.
"""

import json
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))

from notice.deadline import Deadline
from notice.dispatch.dispatcher import Dispatcher
from notice.outcomes import Accepted, Rejected
from notice.queue.records import QueuedNotice
from tests.support.in_process_portal import InProcessPortal


def search(size: int, positions: list[int]) -> dict[str, int]:
    names = [f"n-{number}" for number in range(size)]
    notices = [QueuedNotice("o-1", name, json.dumps({"messageId": name}).encode()) for name in names]
    poison = {names[position] for position in positions}
    portal = InProcessPortal(refuses=poison, rules=False)
    found = Dispatcher(portal, clock=time.time).dispatch(notices, Deadline.after(900, time.time)).outcomes
    accepted = {one.message_id for one, outcome in found.items() if isinstance(outcome, Accepted)}
    rejected = {one.message_id for one, outcome in found.items() if isinstance(outcome, Rejected)}
    if accepted & poison or rejected - poison:
        raise SystemExit(
            f"poison notices at {positions}, but accepted {accepted & poison}, rejected {rejected}"
        )
    return {"calls": len(portal.calls), "accepted": len(accepted), "rejected": len(rejected)}


size, lists = map(json.loads, sys.argv[1:])
print(json.dumps([search(size, positions) for positions in lists]))
