"""The notice function's sending apart from its reading: `dispatch.py TIMES EVENT BEFORE`, both files.

Uses the function's own dispatcher; the event before makes connections and fetches a token, and is not
counted. Prints a list: seconds and seconds of CPU of each time's sending.
"""

import json
import sys
import time
from pathlib import Path

from notice import app
from notice.deadline import Deadline
from notice.queue.records import QueuedNotice, read_records


def once(file: str) -> dict[str, float]:
    given = json.loads(Path(file).read_bytes())
    records = read_records(given, time.time())
    notices = [one.notice for each in records for one in each.places if isinstance(one.notice, QueuedNotice)]
    began, began_cpu = time.perf_counter(), time.process_time()
    app.outbound.dispatcher.dispatch(notices, Deadline.after(900, time.time))
    return {"cpu": time.process_time() - began_cpu, "seconds": time.perf_counter() - began}


times, event, before = sys.argv[1:]
once(before)
print(json.dumps([once(event) for _ in range(int(times))]))
