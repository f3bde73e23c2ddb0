"""How the gateway posts to a callback: the body's shapes, what counts as an answer, when it repeats."""

import http.client
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote, urlencode, urlsplit

# What the vendor sends, although its bodies are JSON.
CONTENT_TYPE = "application/x-www-form-urlencoded;charset=UTF-8"

# Seconds between repeats: the message queue's rule, to which the vendor's page points. 16 of them.
REPEATS = (10, 30, 60, 120, 180, 240, 300, 360, 420, 480, 540, 600, 1200, 1800, 3600, 7200)

# The page draws JSON and names a form; `content` may be an object or a string; public receivers know `infos`.
Shape = Literal["json", "content-as-text", "form", "form-key", "infos"]


@dataclass(frozen=True)
class Attempt:
    """One POST and its answer, header names in lower case; status 0 if there was none."""

    status: int
    body: str
    at: float
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether it was answered as the vendor demands: errcode "0", a string."""
        try:
            return self.status == 200 and json.loads(self.body)["errcode"] == "0"
        except (ValueError, KeyError, TypeError):
            return False


@dataclass
class Delivery:
    """One message to one address, and each attempt at it; `settled` once it is answered or given up."""

    event_tag: str
    url: str
    body: bytes
    message: dict[str, Any]
    attempts: list[Attempt] = field(default_factory=list)
    settled: threading.Event = field(default_factory=threading.Event)

    @property
    def ok(self) -> bool:
        return any(attempt.ok for attempt in self.attempts)

    def wait(self, seconds: float) -> bool:
        """Wait until it is answered or given up; whether it was answered."""
        self.settled.wait(seconds)
        return self.ok


def encode(message: Mapping[str, Any], shape: Shape = "json") -> bytes:
    """The body of a message in one of the shapes that a receiver must be ready for."""
    if shape == "infos" and "content" in message:
        rest = {name: value for name, value in message.items() if name != "content"}
        message = {**rest, "infos": [message["content"]]}
    if shape in ("content-as-text", "form") and "content" in message:
        message = {**message, "content": json.dumps(message["content"], ensure_ascii=False)}
    if shape == "form":
        return urlencode(message).encode()
    text = json.dumps(message, ensure_ascii=False)
    return quote(text).encode() + b"=" if shape == "form-key" else text.encode()


def post(url: str, body: bytes, timeout: float) -> Attempt:
    """One POST as the gateway does it. No answer within `timeout` seconds is status 0."""
    split, at = urlsplit(url), time.monotonic()
    connection = http.client.HTTPConnection(split.hostname or "", split.port or 80, timeout=timeout)
    try:
        connection.request("POST", split.path, body, {"Content-Type": CONTENT_TYPE})
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return Attempt(answer.status, text, at, headers)
    except (OSError, http.client.HTTPException) as error:
        return Attempt(0, f"{type(error).__name__}: {error}", at)
    finally:
        connection.close()
