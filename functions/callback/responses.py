"""What the gateway is answered: only errcode 0 is a success to it, and it repeats all else."""

import json
from enum import Enum
from http import HTTPStatus
from typing import Any

from callback.request import HttpEvent
from relay.api.metrics import CallbackMetric

type HttpResponse = dict[str, Any]

_CONTENT_TYPE = "application/json;charset=UTF-8"


class CallbackResponse(Enum):
    """Each has a name in the log, an HTTP status, errcode and errmsg, and a metric that counts it."""

    HANDSHAKE = "handshake", 200, "0", "成功", CallbackMetric.HANDSHAKES
    PUBLISHED = "published", 200, "0", "成功", CallbackMetric.PUBLISHED
    REPEATED = "repeated", 200, "0", "成功", CallbackMetric.REPEATED
    EMPTY = "empty", 400, "4001", "empty body", CallbackMetric.EMPTY
    FORBIDDEN = "forbidden", 403, "4003", "wrong token", CallbackMetric.FORBIDDEN
    IN_PROGRESS = "busy", 503, "5031", "being published, come again", CallbackMetric.IN_PROGRESS
    UNAVAILABLE = "unavailable", 503, "5032", "not published yet, come again", CallbackMetric.FAILED
    NOT_CHECKED = (
        "not checked",
        503,
        "5033",
        "not checked, come again",
        CallbackMetric.NOT_CHECKED,
    )

    def __init__(self, logged: str, status: int, errcode: str, errmsg: str, metric: str) -> None:
        self.logged, self.status, self.metric = logged, status, metric
        said = {"errcode": errcode, "errmsg": errmsg}
        self.body = json.dumps(said, ensure_ascii=False, separators=(",", ":"))

    def render(self, event: HttpEvent) -> HttpResponse:
        """Returns the response as the source of this event wants it."""
        response: HttpResponse = {
            "statusCode": self.status,
            "headers": {"Content-Type": _CONTENT_TYPE},
            "body": self.body,
        }
        if "elb" in (event.get("requestContext") or {}):
            response |= {
                "isBase64Encoded": False,
                "statusDescription": f"{self.status} {HTTPStatus(self.status).phrase}",
            }
            if event.get("multiValueHeaders") is not None:
                # A target group with multi-value headers reads no others.
                response["multiValueHeaders"] = {"Content-Type": [_CONTENT_TYPE]}
        return response
