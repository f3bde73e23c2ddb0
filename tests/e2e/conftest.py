"""The sandbox, brought up once for all tests that need it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from sandbox.demo.scene import Scene
from sandbox.demo.stage import HURRY, Stage, stage
from sandbox.demo.subscribers import Subscribers

# The slowest, which builds and deploys, took 83 seconds on a busy machine of two cores with all downloaded.
SECONDS = 900


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.timeout(SECONDS))


@pytest.fixture(scope="session")
def running() -> Iterator[Stage]:
    with stage("test", Console(highlight=False), wait_scale=HURRY) as everything:
        yield everything


@pytest.fixture(scope="session")
def scene(running: Stage) -> Scene:
    outcomes = running.stack.outputs["NoticeOutcomeTopicArn"]
    return Scene(running, Subscribers(running.stack, outcomes=outcomes))
