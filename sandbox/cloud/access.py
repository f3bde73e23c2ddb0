"""Who may talk to the sandbox: its key, its own Hosts, and no web page, though any page reaches loopback."""

import secrets
import string
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from typing import Self

# RFC 6761 keeps `localhost` for loopback; any other name may be led here by whoever owns it.
_LOOPBACK = ("127.0.0.1", "localhost")
_CHARACTERS = string.ascii_uppercase + "234567"


@dataclass(frozen=True)
class Key:
    """An access key of the local cloud's root, which alone is not bound by IAM there."""

    id: str
    secret: str = field(repr=False)

    @classmethod
    def made(cls) -> Self:
        """Returns a key that cannot be guessed. Its id is no number, which ministack takes for an account."""
        return cls("AKIA" + "".join(secrets.choice(_CHARACTERS) for _ in range(16)), secrets.token_hex(20))

    @property
    def environ(self) -> dict[str, str]:
        """The variables from which every AWS client takes its key."""
        return {"AWS_ACCESS_KEY_ID": self.id, "AWS_SECRET_ACCESS_KEY": self.secret}

    @property
    def host(self) -> str:
        """The name by which containers call this machine: whoever says it has the key.

        It begins with `s3-` because ministack then reads a name before it as a bucket's.
        """
        return f"s3-{self.id.lower()}"


@dataclass(frozen=True)
class OwnHosts(Container[str]):
    """The values of Host that are ours on a port; that of containers may have a bucket's name before it."""

    port: int
    containers: str = ""
    loopback: bool = True

    def __contains__(self, host: object) -> bool:
        name, _, port = str(host).rpartition(":")
        ours = (self.loopback and name in _LOOPBACK) or self._is_containers(name)
        return ours and port == str(self.port)

    def _is_containers(self, name: str) -> bool:
        return bool(self.containers) and f".{name}".endswith(f".{self.containers}")


def cross_site(headers: Iterable[tuple[str, str]], own: Container[str]) -> str:
    """Returns why a request may come from a web page, or nothing if it cannot.

    A program sends neither Origin nor Sec-Fetch-Site; of an old browser's request, Host says to which name
    it was sent.
    """
    given: dict[str, list[str]] = {}
    for name, value in headers:
        given.setdefault(name.lower(), []).append(value.strip().lower())
    hosts = given.get("host", [])
    if len(hosts) != 1 or hosts[0] not in own:
        return "the Host is not this server's own"
    if "origin" in given:
        return "a request with an Origin comes from a web page"
    if any(site != "none" for site in given.get("sec-fetch-site", [])):
        return "a request with this Sec-Fetch-Site comes from a web page"
    return ""
