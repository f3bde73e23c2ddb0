"""Invokes a function as Lambda does: `invoke.py MODULE TIMES EVENT [EVENT BEFORE]`, events from files.

The event before makes connections and fetches secrets; it is not counted. Prints a list: of each time seconds
of CPU, for HTTP the status, and the peak of memory in MB by then.
"""

import importlib
import json
import sys
from pathlib import Path
from time import process_time
from types import SimpleNamespace
from typing import Any

CONTEXT = SimpleNamespace(function_name="benchmark", get_remaining_time_in_millis=lambda: 900_000)


def once(file: str) -> dict[str, Any]:
    given = json.loads(Path(file).read_bytes())
    began = process_time()
    answer = handler(given, CONTEXT)
    cpu = process_time() - began
    # Linux only: elsewhere it would be another number.
    peak = int(Path("/proc/self/status").read_text("utf-8").partition("VmHWM:")[2].split()[0]) / 1024
    return {"cpu": cpu, "status": answer.get("statusCode"), "peak": peak}


module, times, event, *before = sys.argv[1:]
handler = importlib.import_module(module).handler
for file in before:
    once(file)
print(json.dumps([once(event) for _ in range(int(times))]))
