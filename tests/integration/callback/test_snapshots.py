"""Under SnapStart one start goes on in many containers: they share nothing that must differ."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.support import restored, template

FOLDERS = [str(template.ROOT / name) for name in ("functions", "layers")]


def after_a_snapshot(*told: str, kind: str = "snap-start") -> Any:
    environ = dict.fromkeys(template.variables("CallbackFunction"), "1") | {"LOG_LEVEL": "INFO"}
    done = subprocess.run(
        [sys.executable, restored.__file__, *told],
        env={
            "PATH": os.defpath,
            "AWS_DEFAULT_REGION": template.REGION,
            "AWS_LAMBDA_INITIALIZATION_TYPE": kind,
            "PYTHONPATH": os.pathsep.join([*FOLDERS, str(template.ROOT)]),
            # Whoever asks AWS for anything at the start, finds nobody there and fails.
            "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
            **environ,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_restored_containers_wait_for_different_times() -> None:
    first, second = after_a_snapshot()["halves"]

    assert first[0] != second[0]


def test_without_the_hook_they_would_wait_for_the_same() -> None:
    """So the test above sees what it is there to see."""
    first, second = after_a_snapshot("without-hooks")["halves"]

    assert first[0] == second[0]


def test_restored_containers_claim_events_under_names_of_their_own() -> None:
    first, second = after_a_snapshot("without-hooks")["halves"]

    assert first[1] != second[1]


@pytest.mark.parametrize(
    ("kind", "clients"),
    [("snap-start", ["dynamodb", "sns", "secretsmanager"]), ("on-demand", ["dynamodb", "sns"])],
)
def test_a_snapshot_has_the_clients_of_the_first_request(kind: str, clients: list[str]) -> None:
    """And no token: whoever reads one at the start finds nobody there."""
    assert after_a_snapshot(kind=kind)["clients"] == clients
