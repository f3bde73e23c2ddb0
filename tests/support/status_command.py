"""`mozi-relay status` as a test runs it, and some of what it may find."""

import json
from typing import Any

from relay.api.recovery import PendingEvents, StatusAnswer
from tests.support.command_line import Ran, ran
from tests.support.relay_stub import NAME, RelayStub, ago, iso, standing


def run(stub: RelayStub, *words: str) -> Ran:
    return ran("status", "--stack", NAME, *words, connect=stub.stack)


def facts(stub: RelayStub, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(stub, "--json", *words).stdout)
    return found


def needs(stub: RelayStub, *words: str) -> list[str]:
    found: list[str] = facts(stub, *words)["needs"]
    return found


def waiting(seconds: float, count: int = 12) -> StatusAnswer:
    return standing(pending=PendingEvents(count=count, more=False, oldest=iso(ago(seconds=seconds))))


def aged(*seconds: float) -> dict[str, Any]:
    """What CloudWatch has, a minute apart, the newest first."""
    points = enumerate(seconds)
    return {"Datapoints": [{"Timestamp": ago(minutes=n), "Maximum": one} for n, one in points]}


def alarm(name: str, meaning: str = "Read the log.") -> dict[str, Any]:
    return {"AlarmName": name, "AlarmDescription": meaning, "StateUpdatedTimestamp": ago(minutes=3)}
