"""Posts new events to a warm callback, in blocks that take turns with the bare AWS calls that it makes.

`warm_callback.py EVENT BLOCKS SIZE`; prints the milliseconds of CPU of a callback and of its calls, block by
block.
"""

# As callback.app has it: what a start imports first decides what botocore is like.
from relay import startup  # noqa: F401 - for what it imports

# isort: split

import json
import os
import sys
from collections.abc import Callable
from copy import deepcopy
from functools import partial
from itertools import count
from pathlib import Path
from time import process_time
from types import SimpleNamespace
from typing import Any

from botocore import xform_name
from botocore.config import Config
from botocore.session import get_session

from relay import aws

# What decides how a call is made; what botocore adds of its own, it adds to the bare clients too.
SETTINGS = ("connect_timeout", "read_timeout", "retries", "max_pool_connections")
# What the callback asks AWS for a new event. Another number would be another measurement.
CALLS = ["put_item", "publish", "update_item"]
# By then all is imported, connected and specialised.
WARM_UP = 50
CONTEXT = SimpleNamespace(function_name="callback", get_remaining_time_in_millis=lambda: 20_000)

kept: list[tuple[str, str, Any, Any]] = []
keeping = False


def keep(*, params: Any = None, model: Any = None, context: Any = None, **_: Any) -> None:
    if keeping:
        service, method = model.service_model.service_name, xform_name(model.name)
        kept.append((service, method, deepcopy(params), context["client_config"]))


def callback() -> Callable[[], None]:
    """A post of the sample with other message ids, and so of another event. Only a success lets it go on."""
    ids = dict.fromkeys(("sourceMessageId", "callbackMessageId"), f"{next(numbers):032X}")
    event = sample | {"body": json.dumps(json.loads(sample["body"]) | ids, ensure_ascii=False)}

    def post() -> None:
        if '"0"' not in (answer := app.handler(event, CONTEXT))["body"]:
            raise SystemExit(f"answered {answer}")

    return post


def bare_call(service: str, method: str, params: Any, config: Any) -> Callable[[], object]:
    """A call of a callback, by a client of a stock session with the same settings."""
    same = Config(**{name: getattr(config, name) for name in SETTINGS})
    return partial(getattr(get_session().create_client(service, config=same), method), **params)


def spent(calls: list[Callable[[], object]]) -> float:
    began = process_time()
    for call in calls:
        call()
    return (process_time() - began) * 1000


file, blocks, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
result = os.fdopen(os.dup(1), "w")
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
aws.session().register("provide-client-params", keep)
from callback import app  # noqa: E402 - after the session is listened to

sample, numbers = json.loads(Path(file).read_text("utf-8").replace("TOKEN", "TOKEN" * 6)), count()
spent([callback() for _ in range(WARM_UP)])
keeping = True
callback()()
keeping = False
if [method for _, method, _, _ in kept] != CALLS:
    raise SystemExit(f"a callback made the calls {[method for _, method, _, _ in kept]}")
bare = [bare_call(*one) for one in kept]
spent(bare * WARM_UP)
found: dict[str, list[float]] = {"callback": [], "bare": []}
for turn in range(blocks):
    cases: dict[str, list[Callable[[], object]]]
    cases = {"callback": [callback() for _ in range(size)], "bare": bare * size}
    for name in sorted(cases, reverse=bool(turn % 2)):
        found[name].append(spent(cases[name]) / size)
json.dump(found, result)
result.close()
