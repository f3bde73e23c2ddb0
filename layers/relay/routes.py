"""The way out as a deploy sets it: a proxy and a private authority, each in a secret that is read at use."""

import re
import ssl
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from relay.proxy import Proxy
from relay.secrets import (
    SECRET_OUTAGE,
    SecretEmptyError,
    SecretOutageError,
    SecretReader,
    SecretUnavailableError,
)
from relay.settings import Clock
from relay.transport import AddressError, NotSentError, Route

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

SECRET_NOT_PEM = "SecretNotPem"  # noqa: S105 - a code, no secret
_BEGIN = "-----BEGIN CERTIFICATE-----"
# What stands around the certificates, a comment say, OpenSSL wants to be ASCII.
_CERTIFICATE = re.compile(rf"{_BEGIN}[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----", re.ASCII)
SECRET_CLOSED = "SecretClosed"  # noqa: S105 - a code, no secret
# The secret is somebody's own, and so may be closed to us or about to be deleted: no outage ends that.
_CLOSED = {
    f"{SECRET_OUTAGE} {code}": f"{SECRET_CLOSED} {code}"
    for code in ("AccessDeniedException", "DecryptionFailure", "InvalidRequestException")
}


class OutboundProxy(BaseModel):
    """The proxy, as the template writes it into its secret."""

    proxy: Annotated[Proxy, BeforeValidator(Proxy.at)] = Field(alias="proxyUrl", repr=False)


class Authority(BaseModel):
    """Certificates of an authority."""

    model_config = ConfigDict(frozen=True)

    pem: str


def authority(text: str) -> Authority:
    """Returns the authority of a secret's text: certificates in PEM, one or several.

    Raises SecretUnavailableError if there is none, or one is broken.
    """
    found = _CERTIFICATE.findall(text)
    try:
        if not found or len(found) < text.count(_BEGIN):
            raise ValueError("no certificate, or no whole one")
        pem = "\n".join(found)
        ssl.create_default_context(cadata=pem)
    except (ValueError, ssl.SSLError):
        raise SecretUnavailableError(SECRET_NOT_PEM, "the secret holds no certificates in PEM") from None
    return Authority(pem=pem)


class RouteReader:
    """Reads the route from its secrets, which are kept for a while as all secrets are."""

    def __init__(
        self,
        client: "Callable[[], SecretsManagerClient]",
        *,
        proxy_arn: str = "",
        authority_arn: str = "",
        clock: Clock = time.time,
    ) -> None:
        self._proxy = SecretReader(proxy_arn, OutboundProxy, client, clock=clock) if proxy_arn else None
        self._authority = (
            SecretReader(authority_arn, Authority, client, clock=clock, parse=authority)
            if authority_arn
            else None
        )

    def __call__(self) -> Route:
        """Returns the route in force. Raises AddressError or NotSentError, naming the parameter at fault."""
        return Route(
            _read("OutboundProxyUrl", self._proxy).proxy if self._proxy else None,
            _read("PortalCaSecretArn", self._authority).pem if self._authority else "",
        )


def _read[Model: BaseModel](parameter: str, secret: SecretReader[Model]) -> Model:
    try:
        return secret.get()
    except SecretUnavailableError as error:
        code = _CLOSED.get(error.code, error.code)
        outage = isinstance(error, SecretOutageError) and not isinstance(error, SecretEmptyError)
        kind = NotSentError if outage and code == error.code else AddressError
        raise kind(f"{parameter} {code}", str(error)) from None
