"""What the gateway is told. It takes nothing but errcode 0 for a success, and repeats all else."""

import json
from collections.abc import Mapping
from enum import Enum
from http import HTTPStatus
from typing import Any

_CONTENT_TYPE = "application/json;charset=UTF-8"


class Answer(Enum):
    """HTTP status, errcode, errmsg, and the metric that counts it."""

    HANDSHAKE = (200, "0", "成功", "Handshakes")
    PUBLISHED = (200, "0", "成功", "Published")
    REPEATED = (200, "0", "成功", "Repeated")
    EMPTY = (400, "4001", "empty body", "Empty")
    FORBIDDEN = (403, "4003", "wrong token", "Forbidden")
    BUSY = (503, "5031", "being published, come again", "Busy")
    UNAVAILABLE = (503, "5032", "not published yet, come again", "Failed")

    @property
    def status(self) -> int:
        return self.value[0]

    @property
    def metric(self) -> str:
        return self.value[3]

    def response(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """The answer as the event's source wants it."""
        status, errcode, errmsg, _ = self.value
        response: dict[str, Any] = {
            "statusCode": status,
            "headers": {"Content-Type": _CONTENT_TYPE},
            "body": json.dumps(
                {"errcode": errcode, "errmsg": errmsg}, ensure_ascii=False, separators=(",", ":")
            ),
        }
        if "elb" in (event.get("requestContext") or {}):
            response |= {
                "isBase64Encoded": False,
                "statusDescription": f"{status} {HTTPStatus(status).phrase}",
            }
            if event.get("multiValueHeaders") is not None:
                # A target group with multi-value headers reads no others.
                response["multiValueHeaders"] = {"Content-Type": [_CONTENT_TYPE]}
        return response
