"""Everything that a demo or a test needs, running: the local cloud, both stand-ins, the deployed relay."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from sandbox.cloud.deploy import Stack, deploy
from sandbox.cloud.ministack import ROOT, Cloud
from sandbox.cloud.sam import build
from sandbox.demo.inputs import ORGANISATIONS
from sandbox.lifecycle import part
from sandbox.vendors.gateway import Gateway
from sandbox.vendors.portal import Portal

# The waits between a notice's tries, over an hour for eight of them, in a quarter of a minute.
HURRY = 1 / 300

ENOS = {"appKey": "demo-app-key", "appSecret": "demo-app-secret"}
MOZI = {"apiKey": "demo-api-key", "secretKey": "demo-secret-key"}


@dataclass(frozen=True)
class Stage:
    """What is running."""

    cloud: Cloud
    portal: Portal
    gateway: Gateway
    stack: Stack


@contextmanager
def stage(
    name: str, console: Console, port: int = 0, *, wait_scale: float = 1, folder: Path = ROOT
) -> Iterator[Stage]:
    """Build a checkout, start, and deploy it; stop everything at the end. Raises SandboxError.

    Logs are .sandbox/{name}-*.log. For `wait_scale` see Cloud.
    """
    cloud = Cloud(name, port, wait_scale=wait_scale)
    for log in (cloud.log, cloud.sam_log):
        log.unlink(missing_ok=True)
    with (
        Portal(app_key=ENOS["appKey"], app_secret=ENOS["appSecret"], organisations=ORGANISATIONS) as portal,
        Gateway(api_key=MOZI["apiKey"], secret_key=MOZI["secretKey"]) as gateway,
        cloud,
    ):
        portal.containers_name = gateway.containers_name = cloud.key.host
        with part(console, "Building the bundle (sam build)"):
            build(cloud.sam_log, folder)
        with part(console, "Deploying it to the local cloud (sam deploy)"):
            stack = deploy(cloud, {"EnosBaseUrl": portal.url, "GatewayBaseUrl": gateway.url}, folder)
        stack.fill_secret("EnosCredentialsSecretArn", ENOS)
        stack.fill_secret("GatewayCredentialsSecretArn", MOZI)
        yield Stage(cloud, portal, gateway, stack)
