"""Invokes a function as Lambda does: `invoke.py MODULE TIMES EVENT [EVENT BEFORE]`, events from files.

The event before makes connections and fetches tokens; it is not counted. Prints a list: of each time
seconds, seconds of CPU, for HTTP the status, and peaks of memory in MB, after the import and by then.
"""

import importlib
import json
import sys
from pathlib import Path
from time import perf_counter, process_time
from typing import Any


class Context:
    """What functions ask Lambda for."""

    function_name = "benchmark"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws-cn:lambda:cn-north-1:111122223333:function:benchmark"
    aws_request_id = "00000000-0000-0000-0000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        return 900_000


def peak() -> float:
    """What this process had in memory at most, in MB. Linux only: elsewhere it would be another number."""
    status = Path("/proc/self/status").read_text("utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def read(file: str) -> object:
    return json.loads(Path(file).read_bytes())


def once(file: str) -> dict[str, Any]:
    given = read(file)
    began, began_cpu = perf_counter(), process_time()
    answer = handler(given, Context())
    spent = {"cpu": process_time() - began_cpu, "seconds": perf_counter() - began}
    return spent | {"status": answer.get("statusCode"), "peak_at_start": at_start, "peak": peak()}


module, times, event, *before = sys.argv[1:]
handler = importlib.import_module(module).handler
at_start = peak()
for file in before:
    once(file)
print(json.dumps([once(event) for _ in range(int(times))]))
