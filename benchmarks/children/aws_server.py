"""Answers as DynamoDB, SNS and Secrets Manager do when all is well: `aws_server.py TOKEN FD`; keeps nothing.

Serves on the listening socket that it was given as FD until its standard input ends, as it does when whoever
started it is gone.
"""

import asyncio
import json
import re
import socket
import sys
from typing import cast

_PUBLISHED = (
    b'<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult>'
    b"<MessageId>567910cd-659e-55d4-8ccb-5aaf14679dc0</MessageId></PublishResult><ResponseMetadata>"
    b"<RequestId>d74b8436-ae13-5ab4-a9ff-ce54dfea72a0</RequestId></ResponseMetadata></PublishResponse>"
)
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_TARGET = re.compile(rb"\r\nx-amz-target: *\w+\.(\w+)", re.IGNORECASE)
_UNKNOWN = b"HTTP/1.1 501 Not Implemented\r\nContent-Length: 0\r\n\r\n"


def _response(media_type: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _answers(token: str) -> dict[bytes | None, bytes]:
    """Operation -> answer. SNS speaks an older protocol, which has no header that names the operation."""
    secret = json.dumps({"current": token, "previous": ""})
    value = {"ARN": "arn", "Name": "token", "VersionId": "1", "SecretString": secret}
    answers: dict[bytes | None, bytes] = dict.fromkeys(
        (b"PutItem", b"UpdateItem", b"GetItem"), _response("application/x-amz-json-1.0", b"{}")
    )
    answers[b"GetSecretValue"] = _response("application/x-amz-json-1.1", json.dumps(value).encode())
    answers[None] = _response("text/xml", _PUBLISHED)
    return answers


class Connection(asyncio.Protocol):
    """One connection that is kept alive."""

    def __init__(self, answers: dict[bytes | None, bytes]) -> None:
        self._answers, self._received = answers, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, ended, body = self._received.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not ended or len(body) < (int(length[1]) if length else 0):
            return
        self._received = b""
        target = _TARGET.search(head)
        self._transport.write(self._answers.get(target[1] if target else None, _UNKNOWN))


async def main() -> None:
    answers, listener = _answers(sys.argv[1]), socket.socket(fileno=int(sys.argv[2]))
    loop = asyncio.get_running_loop()
    await loop.create_server(lambda: Connection(answers), sock=listener)
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main())
