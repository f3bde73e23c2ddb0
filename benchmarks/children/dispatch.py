"""The notice function's sending apart from its reading: `dispatch.py EVENTS [apart]`, a JSON list of events.

Uses the function's own dispatcher; `apart` makes it anew for each event. Prints for each event the seconds of
sending, and how many notices were accepted and rejected.
"""

import json
import sys
import time
from pathlib import Path

from notice import app
from notice.deadline import Deadline
from notice.outcomes import Accepted, Rejected
from notice.queue.records import QueuedNotice, read_records


def send(event: object) -> dict[str, float]:
    outbound = app.build(app.settings) if "apart" in sys.argv else app.outbound
    records = read_records(event, time.time())
    notices = [one.notice for each in records for one in each.places if isinstance(one.notice, QueuedNotice)]
    began = time.perf_counter()
    outcomes = outbound.dispatcher.dispatch(notices, Deadline.after(900, time.time)).outcomes.values()
    seconds = time.perf_counter() - began
    counts = {kind.__name__: sum(isinstance(one, kind) for one in outcomes) for kind in (Accepted, Rejected)}
    return {"seconds": seconds, "accepted": counts["Accepted"], "rejected": counts["Rejected"]}


print(json.dumps([send(event) for event in json.loads(Path(sys.argv[1]).read_bytes())]))
