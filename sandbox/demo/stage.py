"""Everything that a demo or a test needs, running: the local cloud, both stand-ins, the deployed relay."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.cloud.build import build
from sandbox.cloud.deploy import Stack, deploy
from sandbox.cloud.ministack import ROOT, Cloud
from sandbox.vendors.gateway import Gateway
from sandbox.vendors.portal import Portal

# Organisations of the portal and their users, all invented; the last is that of the samples in events/.
USERS = tuple(f"u-{number:03}" for number in range(1, 21))
ORGANISATIONS = {
    "o-hangzhou": USERS,
    "o-ningbo": USERS[:8],
    "o-wenzhou": USERS[4:],
    "o-jiaxing": USERS[:12],
    "o15504745674071": ("u123", "u456", *USERS),
}
# The waits between a notice's tries, over an hour for eight of them, in a quarter of a minute.
HURRY = 1 / 300

ENOS = {"appKey": "demo-app-key", "appSecret": "demo-app-secret"}
MOZI = {"apiKey": "demo-api-key", "secretKey": "demo-secret-key"}

Announce = Callable[[str], AbstractContextManager[object]]


@dataclass(frozen=True)
class Stage:
    """What is running."""

    cloud: Cloud
    portal: Portal
    gateway: Gateway
    stack: Stack


@contextmanager
def stage(
    name: str, announce: Announce, port: int = 0, *, wait_scale: float = 1, folder: Path = ROOT
) -> Iterator[Stage]:
    """Build a checkout, start, and deploy it; stop everything at the end. Raises SandboxError.

    `announce` is entered around each part with what is being done; logs are .sandbox/{name}-*.log. For
    `wait_scale` see Cloud.
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
        with announce("Building the bundle (sam build)"):
            build(cloud.sam_log, folder)
        with announce("Deploying it to the local cloud (sam deploy)"):
            stack = deploy(cloud, {"EnosBaseUrl": portal.url, "GatewayBaseUrl": gateway.url}, folder)
        stack.fill_secret("EnosCredentialsSecretArn", ENOS)
        stack.fill_secret("GatewayCredentialsSecretArn", MOZI)
        yield Stage(cloud, portal, gateway, stack)
