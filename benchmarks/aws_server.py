"""AWS on the loopback address in a process of its own, so that its CPU time is nobody else's."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks import processes


@contextmanager
def aws_server(token: str) -> Iterator[str]:
    """The address of a server whose callback secret is `token`; it ends with the context."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = subprocess.Popen(
            processes.command("aws_server", token, str(listener.fileno())),
            env=processes.environment((), {}),
            pass_fds=[listener.fileno()],
            stdin=subprocess.PIPE,
        )
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            # Closes its standard input, and waits.
            server.communicate()
