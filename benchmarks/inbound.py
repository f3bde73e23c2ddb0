"""Measures starts of the functions, a callback of a warm one, and what the largest body takes."""

import base64
import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from random import Random
from statistics import median

from benchmarks import subjects
from benchmarks.results import Row, Rows, interleaved, ratio, worst
from relay.reading.forms import DEEPEST_NAME, MOST_FIELDS
from sandbox.cloud.ministack import ROOT

CLIENTS, DOCS = "two bare botocore clients", "the by-the-docs stack"
# Whatever else the machine does only adds to a start's time: a round's value is the least of so many.
TRIES = 3

EVENT = ROOT / "events" / "callback-app-update.json"
# Short blocks: a slow moment of the machine hits ours and the bare calls alike.
BLOCKS, SIZE = 20, 15

# What is left of Lambda's 6 MB in base64.
BODY_BYTES = 4_400_000
PLAIN = "plain JSON"
# As many as are read at all, each of the most steps.
FIELDS = "".join(f"&f{number}{'[a]' * DEEPEST_NAME}=1" for number in range(MOST_FIELDS - 2))
TWICE = '{"callbackMessageId":[],"dispatchId":1,"dispatchId":2'


def _letters(of: str) -> str:
    """Returns letters at random, more than zlib looks back."""
    return "".join(Random(1).choices(of, k=40_000))  # noqa: S311


# A part that comes again and again, between a beginning and an end.
BODIES: Mapping[str, tuple[str, str, str]] = {
    PLAIN: ('{"content":{"appName":"', "x", '"}}'),
    "a form of fields without a value": ("", "a&", ""),
    "a form of equal fields": ("content=1", "&a=1", ""),
    "a percent-encoded form": ("content=", "%41", ""),
    "a form of nested names": ("content[a][]=1", "&content[a][]=1", ""),
    "one name nested deep": ("content", "[a]", "=1"),
    "percent signs": ("content=", "%", ""),
    "the most fields of a form, percent-encoded text": (f"content=1{FIELDS}&more=", "%41", ""),
    "the most fields of a form, numbers": (f"content=1{FIELDS}&infos=[1", ",1", "]"),
    "nested arrays": ("", "[", ""),
    "the most objects": ('{"content":[1', ',{"aa":1}', "]}"),
    "the most objects, a field that comes twice": (f'{TWICE},"content":[1', ',{"aa":1}', "]}"),
    "numbers in callbackData": ('{"callbackData":{"content":[1', ",1", "]}}"),
    "numbers, and JSON to repair": ('{"content":["\t"', ",1", "]},"),
    "control characters in strings": ('{"content":["\t"', ',"\t"', "]}"),
    "texts that begin like numbers": ('{"content":[1', ',"\\u00001"', "]}"),
    "an array of numbers": ('{"content":[1', ",1", "]}"),
    "one long number": ('{"content":1', "1", "}"),
    "members of one name": ('{"content":{"a":1', ',"a":1', "}}"),
    "random text of two letters": ("sourceMessageId=s&content=", _letters("ab"), ""),
    "random text of eight letters": ("sourceMessageId=s&content=", _letters("abcdefgh"), ""),
    "escaped text": ('{"content":"', '\\"', '"}'),
}


def cold_start(rounds: int = 11) -> Rows:
    """Returns the CPU of importing each `app` from its built artefact, before any request."""
    botocore = [subjects.CHILDREN, *subjects.stock("botocore", subjects.BOTOCORE)]
    everything = f"{subjects.BOTOCORE} {subjects.POWERTOOLS}"
    docs = subjects.stock("by-the-docs", everything, Path(__file__).with_name("by_the_docs.py"))
    environs = subjects.ENVIRONS
    starts = {
        "callback": partial(_start, "callback.app", subjects.function("callback"), environs["callback"]),
        "notice": partial(_start, "notice.app", subjects.function("notice"), environs["notice"]),
        CLIENTS: partial(_start, "two_clients", botocore, {}),
        DOCS: partial(_start, "by_the_docs", docs, environs["by-the-docs"]),
    }
    # One start of each is not counted, for the files to be at hand.
    interleaved(starts, 1)
    found = interleaved(starts, rounds)

    def row(name: str, against: str, limit: float) -> Row:
        what = f"cold start of `{name}`, CPU"
        return ratio(what, found[name], found[against], against=against, unit="ms", limit=limit)

    return {
        "cold_callback": row("callback", CLIENTS, 1.05),
        "cold_callback_docs": row("callback", DOCS, 0.40),
        "cold_notice": row("notice", CLIENTS, 0.70),
    }


def _start(module: str, path: list[Path], environ: Mapping[str, str]) -> float:
    return min(
        float(subjects.run("cold_start", module, path=path, environ=environ)["cpu_ms"]) for _ in range(TRIES)
    )


def layer() -> Rows:
    """Returns how large the built layer is, unpacked, in MB of 10^6 bytes."""
    files = subjects.LAYER.parent.rglob("*")
    size = round(sum(path.stat().st_size for path in files if path.is_file()) / 1e6, 3)
    what, against = "layer, unzipped, byte-code included", "250 MB, which Lambda allows"
    return {"layer": Row(what=what, values=(size,), unit="MB", limit=20, against=against, digits=1)}


def warm(rounds: int = 7, path: list[Path] | None = None) -> Rows:
    """Returns the CPU of a callback; each round is a process in which both take turns, block by block."""
    with subjects.subject("callback", path) as callback:
        given = "warm_callback", str(EVENT), str(BLOCKS), str(SIZE)
        found = [callback.run(*given) for _ in range(rounds)]
    ours, bare = ([median(one[name]) for one in found] for name in ("callback", "bare"))
    against = "its three bare AWS calls"
    return {"warm_callback": ratio("warm callback, CPU", ours, bare, against=against, unit="ms", limit=1.15)}


def body(rounds: int = 3, path: list[Path] | None = None, size: int = BODY_BYTES) -> Rows:
    """Returns the CPU of a callback with a body of that size, for the shape that takes most.

    Raises NotAsClaimedError about any answer but 成功.
    """
    sample = json.loads(EVENT.read_text("utf-8").replace("TOKEN", "TOKEN" * 6))
    with subjects.subject("callback", path) as callback:
        small = callback.file("small", sample)

        def seconds(shape: tuple[str, str, str]) -> float:
            begin, part, end = shape
            text = begin + part * ((size - len(begin + end)) // len(part)) + end
            encoded = {"body": base64.b64encode(text.encode()).decode(), "isBase64Encoded": True}
            large = callback.file("large", sample | encoded)
            (found,) = callback.run("invoke", "callback.app", "1", large, small)
            if found["status"] != 200:
                raise subjects.NotAsClaimedError(f"{text[:20]}… was answered {found['status']}")
            return float(found["cpu"])

        found = interleaved({name: partial(seconds, shape) for name, shape in BODIES.items()}, rounds)
    what = f"CPU of a callback with a body of {size / 1e6:g} MB"
    return {"body": worst(what, found, "s", 1, against=f"{PLAIN}: {median(found[PLAIN]):.2g} s")}
