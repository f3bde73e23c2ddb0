"""How a container of `sam local invoke` reaches the sandbox, which listens on loopback only.

SAM puts its containers on Docker's bridge, whatever `--docker-network host` suggests. Docker Desktop leads
its `host-gateway` to the machine's loopback; on Linux the bridge has an address of this machine, which no
other machine sees but every container does: what comes in there is passed on if it has the sandbox's key.
"""

import json
import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from ipaddress import ip_network
from socketserver import StreamRequestHandler, ThreadingTCPServer

from sandbox.cloud.guard import OwnHosts
from sandbox.cloud.ministack import SandboxError

# Docker's own word for the address at which a container finds the machine.
DOCKERS_OWN = "host-gateway"
_HEAD_BYTES, _HEAD_SECONDS = 65_536, 10
_HOST = re.compile(rb"^host:[ \t]*(\S+)[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_REFUSED = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


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
def reachable(ports: Iterable[int], name: str) -> Iterator[str]:
    """For as long as the block lasts, containers that call us `name` reach these ports; at which address.

    Raises SandboxError.
    """
    bridge = bridge_address()
    with ExitStack() as stack:
        for port in ports if bridge else ():
            server = stack.enter_context(_forwarder(bridge or "", port, name))
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
            stack.callback(server.shutdown)
        yield bridge or DOCKERS_OWN


def _forwarder(address: str, port: int, name: str) -> "Forwarder":
    try:
        return Forwarder(address, port, name)
    except OSError as error:
        raise SandboxError(f"port {port} of {address} is taken, by another local invoke? {error}") from error


class Forwarder(ThreadingTCPServer):
    """Passes on what comes to an address, and calls it `name`, to the same port of the loopback address."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: str, port: int, name: str) -> None:
        self.port, self.own = port, OwnHosts(port, name, loopback=False)
        super().__init__((address, port), _Passing)


class _Passing(StreamRequestHandler):
    server: Forwarder
    timeout = _HEAD_SECONDS

    def handle(self) -> None:
        head = self._head()
        hosts = _HOST.findall(head)
        # Only who has the key can know by which name a container calls us.
        if len(hosts) != 1 or hosts[0].decode("latin-1").lower() not in self.server.own:
            self._refuse()
            return
        self.connection.settimeout(None)
        with socket.create_connection(("127.0.0.1", self.server.port)) as inner:
            back = threading.Thread(target=_pump, args=(inner.recv, self.connection), daemon=True)
            back.start()
            inner.sendall(head)
            _pump(self.rfile.read1, inner)
            back.join()

    def _head(self) -> bytes:
        """The first request up to its body; nothing if it does not come whole."""
        head = b""
        with suppress(OSError):
            while len(head) < _HEAD_BYTES and (line := self.rfile.readline(_HEAD_BYTES)):
                head += line
                if line == b"\r\n":
                    return head
        return b""

    def _refuse(self) -> None:
        """Answer 403. What else was sent is read, or the system breaks off before the answer is read."""
        self.connection.settimeout(1)
        with suppress(OSError):
            self.wfile.write(_REFUSED)
            self.connection.shutdown(socket.SHUT_WR)
            self.rfile.read(16 * _HEAD_BYTES)


def _pump(receive: Callable[[int], bytes], sink: socket.socket) -> None:
    """Pass on all that comes, and then that no more comes; a side that breaks off ends it."""
    with suppress(OSError):
        while received := receive(_HEAD_BYTES):
            sink.sendall(received)
        sink.shutdown(socket.SHUT_WR)
