"""How a container of `sam local invoke` reaches the sandbox, which listens on loopback only.

SAM puts its containers on Docker's bridge, whatever `--docker-network host` suggests. Docker Desktop leads
`host.docker.internal` to the machine's loopback; on Linux the bridge has an address of this machine, which
no other machine sees, and what comes in there is passed on.
"""

import json
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from ipaddress import ip_network
from socketserver import BaseRequestHandler, ThreadingTCPServer
from urllib.parse import urlsplit

DESKTOP = "host.docker.internal"


def bridge_address() -> str | None:
    """This machine's address on Docker's bridge; None without Docker, or where Docker has its own way."""
    docker = shutil.which("docker")
    if docker is None:
        return None
    command = [docker, "network", "inspect", "bridge", "--format", "{{json .IPAM.Config}}"]
    try:
        asked = subprocess.run(command, capture_output=True, timeout=10, check=True)
        address = gateway_of(json.loads(asked.stdout)[0])
        with socket.create_server((address, 0)):
            return address
    except (OSError, subprocess.SubprocessError, ValueError, LookupError):
        return None


def gateway_of(config: Mapping[str, str]) -> str:
    """The bridge's own address as Docker describes it: named, or else the first one of its subnet."""
    return config.get("Gateway") or str(next(ip_network(config["Subnet"]).hosts()))


@contextmanager
def reachable(urls: Iterable[str]) -> Iterator[str]:
    """For as long as the block lasts, these loopback addresses also answer containers; under which host."""
    bridge = bridge_address()
    with ExitStack() as stack:
        for url in urls if bridge else ():
            server = stack.enter_context(Forwarder(bridge or "", urlsplit(url).port or 0))
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
            stack.callback(server.shutdown)
        yield bridge or DESKTOP


class Forwarder(ThreadingTCPServer):
    """Passes on what comes to an address to the same port of the loopback address."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: str, port: int) -> None:
        self.port = port
        super().__init__((address, port), _Passing)


class _Passing(BaseRequestHandler):
    server: Forwarder

    def handle(self) -> None:
        with socket.create_connection(("127.0.0.1", self.server.port)) as inner:
            back = threading.Thread(target=_pump, args=(inner, self.request), daemon=True)
            back.start()
            _pump(self.request, inner)
            back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    """Pass on all that comes, and then that no more comes; a side that breaks off ends it."""
    try:
        while received := source.recv(65_536):
            sink.sendall(received)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return
