"""The sandbox, brought up once for all tests that need it."""

from collections.abc import Iterator

import pytest

from sandbox.screen import Screen
from sandbox.stage import HURRY, Stage, stage
from sandbox.steps import Scene
from sandbox.subscribers import Subscribers


@pytest.fixture(scope="session")
def running() -> Iterator[Stage]:
    with stage("test", Screen().part, wait_scale=HURRY) as everything:
        yield everything


@pytest.fixture(scope="session")
def scene(running: Stage) -> Scene:
    return Scene(running, Subscribers(running.stack))
