"""`mozi-relay replay` against the deployed recovery function."""

import json
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox.cloud.deploy import STACK
from sandbox.cloud.ministack import ROOT
from sandbox.demo.inputs import BY_SLUG
from sandbox.demo.scene import PROGRAM, Arrivals, Scene
from sandbox.demo.stage import Stage

SAMPLE = BY_SLUG["app-update"]
WAIT_SECONDS = 30
# One more than a call is asked for at one event a second.
EVENTS = 6


def test_events_since_a_time_are_counted_and_replayed_with_their_ids(running: Stage, scene: Scene) -> None:
    arrivals, since = Arrivals(scene.subscribers), datetime.now(UTC).isoformat()
    deliver(running, EVENTS)
    arrivals.wait(EVENTS, WAIT_SECONDS)
    ids = {envelope["id"] for envelope in arrivals.on(SAMPLE.slug)}
    again = Arrivals(scene.subscribers)
    words = ["--tag", SAMPLE.slug, "--from", since, "--json"]
    counted = operate(running, *words, "--dry-run")
    unchanged = again.wait(0, 0)
    replayed = operate(running, *words, "--rate", "1")
    again.wait(EVENTS, WAIT_SECONDS)

    assert (counted.returncode, counted.stderr) == (0, "")
    counts = json.loads(counted.stdout)["counts"]
    assert (counts["matched"], counts["replayed"], counts["gone"]) == (EVENTS, 0, 0)
    assert unchanged == 0
    assert (replayed.returncode, replayed.stderr) == (0, "")
    assert json.loads(replayed.stdout)["topics"] == {SAMPLE.slug: EVENTS}
    # One a second, the first at once; over two calls.
    assert json.loads(replayed.stdout)["seconds"] >= EVENTS - 2
    assert len(ids) == EVENTS
    assert sorted(envelope["id"] for envelope in again.on(SAMPLE.slug)) == sorted(ids)


@pytest.mark.parametrize(
    ("words", "said", "status"),
    [
        (["--stack", "nothing-there", "--all"], "There is no stack nothing-there in cn-north-1", 2),
        ([], "Which events?", 2),
        (["--tag", "employee-left"], "'employee-left' is neither an eventTag nor a slug", 2),
        (["--all", "--cursor", "nonsense"], "--cursor: is none that a replay answered", 2),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_published(
    running: Stage, scene: Scene, words: list[str], said: str, status: int
) -> None:
    arrivals = Arrivals(scene.subscribers)
    done = operate(running, *words)

    assert done.returncode == status
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert arrivals.wait(0, 0) == 0


def deliver(running: Stage, count: int) -> None:
    stack = running.stack
    url = f"{stack.callback_url}/{stack.token()}/{SAMPLE.slug}"
    for _ in range(count):
        assert running.gateway.deliver(SAMPLE.event_tag, SAMPLE.content, url=url).wait(WAIT_SECONDS)


def operate(running: Stage, *words: str) -> subprocess.CompletedProcess[str]:
    """As a person types it, with the sandbox's address and credentials in the environment."""
    environ = os.environ | running.cloud.environ | {"RELAY_STACK": STACK}
    command: list[str | Path] = [PROGRAM, "replay", *words]
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=120)
