"""Posts new events to a handler that is warm, in blocks, and tells the milliseconds that each event took.

`warm_callback.py [--bare] MODULE EVENT TOKEN SIZE…`, with a size for each block. With `--bare`, the AWS calls
that `callback.app` makes for an event are made by themselves too, in blocks that take turns with its own.
"""

import argparse
import importlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from functools import partial
from itertools import count
from pathlib import Path
from time import perf_counter, process_time
from types import ModuleType, SimpleNamespace
from typing import Any

from botocore import xform_name
from botocore.config import Config
from botocore.model import OperationModel
from botocore.session import Session, get_session

# What decides how a call is made; what botocore adds of its own, it adds to the bare clients too.
SETTINGS = ("connect_timeout", "read_timeout", "retries", "max_pool_connections")
# What the callback asks AWS for a new event. Another number would be another measurement.
CALLS = ["put_item", "publish", "update_item"]
# By then all is imported, connected and specialised.
WARM_UP = 50
CONTEXT = SimpleNamespace(
    function_name="callback",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws-cn:lambda:cn-north-1:111122223333:function:callback",
    aws_request_id="5f0a7f0e-3b0f-4a53-9a8f-0f4f3c2a9a11",
    get_remaining_time_in_millis=lambda: 20_000,
)

type Case = Callable[[int], tuple[float, float]]


def timed(calls: Sequence[Callable[[], Any]]) -> tuple[float, float]:
    """CPU and wall time of some calls, in milliseconds."""
    wall, cpu = perf_counter(), process_time()
    for call in calls:
        call()
    return (process_time() - cpu) * 1000, (perf_counter() - wall) * 1000


def new_events(sample: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The sample again and again, each time with other message ids, and so each time another event."""
    for number in count():
        ids = {"sourceMessageId": f"{number:032X}", "callbackMessageId": f"{number:032X}"}
        yield sample | {"body": json.dumps(json.loads(sample["body"]) | ids, ensure_ascii=False)}


def callbacks(handler: Callable[[Any, Any], dict[str, Any]], events: Iterator[dict[str, Any]]) -> Case:
    """Posts as many events. An answer that is no success ends the program: it would be too easy."""

    def post(event: dict[str, Any]) -> None:
        if '"0"' not in (said := handler(event, CONTEXT))["body"]:
            raise SystemExit(f"answered {said}")

    return lambda size: timed([partial(post, next(events)) for _ in range(size)])


def bare_calls(app: ModuleType, stock: Session, post: Callable[[], object]) -> Case:
    """Makes the AWS calls of one callback as often, by clients of a stock session with the same settings."""
    calls: list[partial[object]] = []

    def keep(own: Any, params: dict[str, Any], model: OperationModel, **_: object) -> None:
        calls.append(partial(getattr(own, xform_name(model.name)), **deepcopy(params)))

    for client in (app.intake.store._client, app.intake.publisher._client):
        config = Config(**{name: getattr(client.meta.config, name) for name in SETTINGS})
        own = stock.create_client(client.meta.service_model.service_name, config=config)
        client.meta.events.register("provide-client-params", partial(keep, own), "keep")
    post()
    for client in (app.intake.store._client, app.intake.publisher._client):
        client.meta.events.unregister("provide-client-params", unique_id="keep")
    if (made := [call.func.__name__ for call in calls]) != CALLS:
        raise SystemExit(f"a callback made the calls {made}")
    return lambda size: timed(calls * size)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--bare", action="store_true")
    parser.add_argument("module")
    parser.add_argument("event")
    parser.add_argument("token")
    parser.add_argument("sizes", nargs="+", type=int)
    given = parser.parse_args()

    result = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sample = json.loads(Path(given.event).read_text("utf-8").replace("TOKEN", given.token))
    # Before the application is imported: Powertools adds to every session that is made after it.
    stock = get_session()
    app = importlib.import_module(given.module)
    cases = {"callback": callbacks(app.handler, new_events(sample))}
    cases["callback"](WARM_UP)
    if given.bare:
        cases["bare"] = bare_calls(app, stock, lambda: cases["callback"](1))
        cases["bare"](WARM_UP)
    found: dict[str, list[list[float]]] = {name: [] for name in cases}
    for turn, size in enumerate(given.sizes):
        for name in sorted(cases, reverse=bool(turn % 2)):
            found[name].append([spent / size for spent in cases[name](size)])
    json.dump(found, result)
    result.close()


if __name__ == "__main__":
    main()
