"""The portal of the outbound measurements: on a loopback port, in a process of its own, until stdin ends.

It does as little as it can while it is measured with: bodies are put aside, and read when it is asked for
them. It also is the Secrets Manager that the credentials come from. Prints its address as a line of JSON.
"""

import asyncio
import json
import sys
from collections import Counter
from hashlib import sha256
from time import process_time
from typing import Any

TOKEN = "APP_PORTAL_S_" + "0" * 32
TOKEN_ANSWER = {
    "status": 0, "msg": "SUCCESS", "business": "apim-token-service",
    "data": {"accessToken": TOKEN, "expire": 7200},
}  # fmt: skip
SECRET = {"ARN": "arn", "Name": "enos", "SecretString": json.dumps({"appKey": "key", "appSecret": "secret"})}
TAKEN = {"code": 0, "message": "", "data": {"success": True}}


class State:
    """How the portal answers, and what it took since it was told so: bodies by the call's target."""

    def __init__(self) -> None:
        self.behave({})

    def behave(self, given: dict[str, Any]) -> None:
        """`latency` in seconds; `refuse`, messageIds that it takes no batch with; `status` to fail with."""
        self.latency = float(given.get("latency", 0))
        self.refuse = [json.dumps(name).encode() for name in given.get("refuse", ())]
        self.status = int(given.get("status", 200))
        self.calls: Counter[str] = Counter()
        self.taken: list[tuple[str, bytes]] = []
        self.cpu = process_time()

    def produce(self, target: str, body: bytes) -> tuple[int, object]:
        self.calls[target] += 1
        if self.status != 200:
            return self.status, {"code": self.status, "message": "as it was told"}
        if any(name in body for name in self.refuse):
            return 400, {"code": 400, "message": "parameter.invalid", "data": {"success": False}}
        self.taken.append((target, body))
        return 200, TAKEN

    def seen(self, target: str) -> dict[str, object]:
        """Calls of a target, what they brought, a digest of that, and the CPU that all this took."""
        cpu = process_time() - self.cpu
        bodies = sorted(body for each, body in self.taken if each == target)
        names = Counter(one["messageId"] for body in bodies for one in json.loads(body)["messages"])
        return {
            "calls": self.calls[target],
            "notices": len(names),
            "times": sorted(set(names.values())),
            "digest": sha256(b"\n".join(bodies)).hexdigest(),
            "cpu": cpu,
        }


class Connection(asyncio.Protocol):
    """One kept-alive connection: one request after the other."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._got = bytearray()
        self._needed = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._got += data
        if len(self._got) < self._needed or (end := self._got.find(b"\r\n\r\n")) < 0:
            return
        head = self._got[:end].decode("latin-1")
        headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:])
        self._needed = end + 4 + int(headers.get("content-length", 0))
        if len(self._got) >= self._needed:
            body, self._needed = bytes(self._got[end + 4 : self._needed]), 0
            self._got.clear()
            self._answer(head.split(" ", 2)[1], headers, body)

    def _answer(self, target: str, headers: dict[str, str], body: bytes) -> None:
        if target == "/behave":
            self._state.behave(json.loads(body))
            self._send(200, {})
        elif target == "/seen":
            self._send(200, self._state.seen(json.loads(body)))
        elif target.startswith("/apim-token-service/"):
            self._send(200, TOKEN_ANSWER)
        elif headers.get("x-amz-target") == "secretsmanager.getsecretvalue":
            self._send(200, SECRET)
        elif headers.get("apim-accesstoken") != TOKEN.lower():
            self._send(401, {"code": 401, "message": "invalid access token"})
        else:
            status, answer = self._state.produce(target, body)
            asyncio.get_running_loop().call_later(self._state.latency, self._send, status, answer)

    def _send(self, status: int, answer: object) -> None:
        content = json.dumps(answer).encode()
        head = (
            f"HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        self._transport.write(head.encode() + content)


async def serve() -> None:
    state, loop = State(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(state), "127.0.0.1", 0, backlog=128)
    print(json.dumps({"url": f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"}), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(serve())
