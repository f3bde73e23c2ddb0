"""A bare HTTP loop: `bare_loop.py WORKERS TOKEN FILE`, a JSON list of `{"url", "bodies"}` to send in turn.

As many threads as the notice function has, kept-alive connections, headers as long as its headers, nothing
signed. Prints the seconds that each took.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter

from urllib3 import PoolManager, Timeout

workers, token, file = sys.argv[1:]
pool = PoolManager(maxsize=int(workers), retries=False)
headers = {
    "Content-Type": "application/json;charset=UTF-8",
    "apim-accesstoken": token,
    "apim-timestamp": "1572574909697",
    "apim-signature": "0" * 64,
}


def send(url: str, body: bytes) -> object:
    answer = pool.request("POST", url, body=body, headers=headers, timeout=Timeout(connect=3, read=15))
    return json.loads(answer.data)


def send_all(url: str, bodies: list[str]) -> dict[str, float]:
    encoded = [body.encode() for body in bodies]
    began = perf_counter()
    with ThreadPoolExecutor(int(workers)) as threads:
        list(threads.map(lambda body: send(url, body), encoded))
    return {"seconds": perf_counter() - began}


print(json.dumps([send_all(**given) for given in json.loads(Path(file).read_bytes())]))
