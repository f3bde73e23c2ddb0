"""Why the portal did not take a batch, one class for each consequence.

ProduceError
├── ProduceRefusedError               the data is at fault: bisect
├── ProduceFailedError                it failed on this batch, maybe for one notice in it: send less
├── PortalUnavailableError            no answer, or "later": leave it queued, call as little as possible
└── NotAllowedError                   configuration is at fault: leave it queued, report it
    ├── PortalNotAllowedError         stop every organisation
    │   ├── NotFoundError             the same; of a question about one notice it may be the answer
    │   └── TokenTurnedDownError      call once more, with another token
    └── OrganisationNotAllowedError   stop this organisation
"""


class ProduceError(Exception):
    """The portal did not take the batch. `code` and `message` are its own words where it said any."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(f"{code} {message}".strip())
        self.code, self.message = code, message


class ProduceRefusedError(ProduceError):
    """The portal read the batch and refused it: bisect it."""


class ProduceFailedError(ProduceError):
    """The portal failed on this batch, with a 500 say: for its size, or for one notice in it. Send less."""


class ProduceTooMuchError(ProduceFailedError):
    """The batch was sent and no answer came in time: a notice alone that gets none either means an outage."""


class ProduceTooLargeError(ProduceFailedError):
    """The portal says that the batch is too large: a notice that is so alone is refused."""


class ProduceTurnedAwayError(ProduceFailedError):
    """Something before the portal, a firewall say, turned the batch away: see whether another record passes.

    If so one notice in the batch is at fault, and rejected; else configuration is.
    """


class PortalUnavailableError(ProduceError):
    """Nothing was sent, or the portal asks to be left alone: leave it queued, call as little as possible.

    `retry_after` is how many seconds the portal asked for.
    """

    def __init__(self, code: str, message: str = "", *, retry_after: float | None = None) -> None:
        super().__init__(code, message)
        self.retry_after = retry_after


class NotAllowedError(ProduceError):
    """Configuration is at fault, not the notices: leave them queued and report it to the operator."""


class PortalNotAllowedError(NotAllowedError):
    """Address, credentials or permission are wrong for every organisation."""


class NotFoundError(PortalNotAllowedError):
    """HTTP 404: nothing is at this address; asked about one notice, the portal may mean that it has none."""


class TokenTurnedDownError(PortalNotAllowedError):
    """The portal does not take the token: call once more, with another. A second time is final."""


class OrganisationNotAllowedError(NotAllowedError):
    """The application may not produce for this organisation, or there is no such organisation."""
