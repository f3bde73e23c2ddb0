"""The gateway's request signature, as its own client computes it."""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone

from pydantic import BaseModel, ConfigDict, Field

from relay.secrets import Filled

_BEIJING = timezone(timedelta(hours=8))


class Credentials(BaseModel):
    """What the gateway's portal issues to an application."""

    model_config = ConfigDict(frozen=True)

    api_key: Filled = Field(alias="apiKey")
    secret_key: Filled = Field(alias="secretKey", repr=False)


def sign(
    credentials: Credentials, method: str, path: str, form: Mapping[str, str], *, at: datetime, nonce: str
) -> dict[str, str]:
    """Returns headers that prove the call is ours. `at` has a zone; `nonce` is digits, new for each call."""
    timestamp = at.astimezone(_BEIJING).isoformat(timespec="milliseconds")
    text = "\n".join(filter(None, (method, timestamp, nonce, path, _parameters(form))))
    digest = hmac.digest(credentials.secret_key.encode(), text.encode(), "sha256")
    return {
        "apiKey": credentials.api_key,
        "X-Hmac-Auth-Timestamp": timestamp,
        "X-Hmac-Auth-Nonce": nonce,
        "X-Hmac-Auth-Version": "1.0",
        "X-Hmac-Auth-Signature": b64encode(digest).decode(),
        # The gateway wants these two present and does not compare them with anything.
        "X-Hmac-Auth-IP": "127.0.0.1",
        "X-Hmac-Auth-MAC": "00:00:00:00:00:00",
    }


def _parameters(form: Mapping[str, str]) -> str:
    """Names in order whatever their case, values as they are before any URL encoding; empty ones left out."""
    names = sorted(filter(form.get, filter(None, form)), key=str.lower)
    return "&".join(f"{name}={form[name]}" for name in names)
