"""A callback's HTTP request, whether it came by REST API, HTTP API or load balancer."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import unquote

# As the event source has it: a REST API, an HTTP API (payload 2.0) or a load balancer.
type HttpEvent = Mapping[str, Any]

_CALLBACK = "/callback/"
# A load balancer gives its requests no id of their own: the root of its trace names them.
_TRACE_ROOT = re.compile(r"(?:^|;)\s*Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;|$)")
# A client may choose the API's id by a header, so it is taken for no more than a name.
_REQUEST_ID = re.compile(r"[\w.:=+/-]{1,128}", re.ASCII)


@dataclass(frozen=True)
class CallbackRequest:
    """What of a request matters here. The body is text only if the event source has decoded it."""

    token: str
    slug: str | None
    body: bytes | str
    content_type: str | None = None
    content_encoding: str | None = None
    id: str | None = None
    """What the source calls the request; the API says it in its answer too, as x-amzn-requestid."""

    @classmethod
    def of(cls, event: HttpEvent) -> Self:
        """Returns the request in an event."""
        token, slug = _path(event)
        content_type, encodings = _header(event, "content-type"), _headers(event, "content-encoding")
        return cls(token, slug, _body(event), content_type or None, ", ".join(encodings) or None, _id(event))


def _path(event: HttpEvent) -> tuple[str, str | None]:
    """Returns token, not decoded, and slug; from the path itself where no route has found its parameters."""
    parameters = event.get("pathParameters") or {}
    if token := parameters.get("token"):
        return token, parameters.get("slug")
    _, found, rest = (event.get("rawPath") or event.get("path") or "").rpartition(_CALLBACK)
    if not found:
        return "", None
    token, _, rest = rest.partition("/")
    return token, unquote(rest.partition("/")[0]) or None


def _body(event: HttpEvent) -> bytes | str:
    body: str = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return body
    try:
        return base64.b64decode(body, validate=True)
    except ValueError:
        # Declared as base64 and none: then it is what it looks like.
        return body


def _id(event: HttpEvent) -> str | None:
    given = (event.get("requestContext") or {}).get("requestId")
    if isinstance(given, str) and _REQUEST_ID.fullmatch(given):
        return given
    root = _TRACE_ROOT.search(_header(event, "x-amzn-trace-id"))
    return root[1] if root else None


def _header(event: HttpEvent, wanted: str) -> str:
    """Returns a header's first value; empty if it is not there."""
    return next(iter(_headers(event, wanted)), "")


def _headers(event: HttpEvent, wanted: str) -> list[str]:
    """Returns a header's values, by its name in small letters."""
    for kind in ("multiValueHeaders", "headers"):
        for name, values in (event.get(kind) or {}).items():
            if name.lower() == wanted and values:
                return [values] if isinstance(values, str) else [*map(str, values)]
    return []
