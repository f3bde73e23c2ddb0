"""A bare HTTP loop over given bodies, a line each: `bare_loop.py WORKERS TOKEN TIMES URL BODIES URL BODIES`.

As many threads as the notice function has, kept-alive connections, headers as long as its headers, nothing
signed. The second URL and its bodies are sent first, to make connections, and are not counted. Prints a
list: seconds and seconds of CPU of each time.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter, process_time

from urllib3 import PoolManager, Timeout

workers, token, times, url, file, url_before, before = sys.argv[1:]
pool = PoolManager(maxsize=int(workers), retries=False)
headers = {
    "Content-Type": "application/json;charset=UTF-8",
    "apim-accesstoken": token,
    "apim-timestamp": "1572574909697",
    "apim-signature": "0" * 64,
}


def send(target: str, body: bytes) -> object:
    """What the portal says about one body; it counts for itself what it takes."""
    answer = pool.request("POST", target, body=body, headers=headers, timeout=Timeout(connect=3, read=15))
    return json.loads(answer.data)


def send_all(target: str, file: str) -> dict[str, float]:
    bodies = Path(file).read_bytes().splitlines()
    began, began_cpu = perf_counter(), process_time()
    with ThreadPoolExecutor(int(workers)) as threads:
        list(threads.map(lambda body: send(target, body), bodies))
    return {"cpu": process_time() - began_cpu, "seconds": perf_counter() - began}


send_all(url_before, before)
print(json.dumps([send_all(url, file) for _ in range(int(times))]))
