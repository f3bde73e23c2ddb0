"""What can be made to go wrong at the portal while it runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.vendors.loopback import Answer, Reply

HUNG_UP = Answer(0, b"", raw=b"")
RESET = Answer(0, b"", reset=True)
BLOCKED = Answer(403, b"<h1>Blocked</h1>")


@dataclass(frozen=True)
class Faults:
    """How the portal misbehaves. Replaced as a whole (`Portal.break_down`), so a call sees one state of it.

    Set on the portal itself before it is served: `bytes_per_second`, a slow line, and `tls`, a certificate.

    refuse         messageId -> reason: any batch with it is refused
    break_on       messageIds that make it answer HTTP 500 for the whole batch
    turn_away      messageIds of which a firewall before it answers `turned_away`, HTTP 403 as it is
    no_such        organisations that it answers 31404 for
    down           HTTP 503 to everything
    status         this HTTP status to every produce call
    code           this code of the portal's own to every produce call, 497 or 498 say, over HTTP 200
    redirect       HTTP 302 to this address
    reply          this answer to every produce call, or what it makes of the request; None leaves it to the
                   rules
    largest        batches of more notices than this are answered `too_much`
    too_much       the answer to them: a hang-up if it is not given, and RESET or any status besides
    forget_after   seconds of rest after which a connection is dead, as behind a firewall: what comes on it is
                   neither read nor answered or, with `forget_by_reset`, answered with an RST
    rate_limited   HTTP 429 to everything; with `retry_after`, says when to come back
    per_second     more produce calls than this within a second are answered 429
    delay          seconds before it answers
    cut            applies the batch, then breaks the connection in the middle of the answer
    reads          whether it has notice-message/get, as newer portals do
    calls          produce calls that all this lasts for; None is until fixed
    """

    refuse: Mapping[str, str] = field(default_factory=dict)
    break_on: frozenset[str] = frozenset()
    turn_away: frozenset[str] = frozenset()
    turned_away: Answer = BLOCKED
    no_such: frozenset[str] = frozenset()
    down: bool = False
    status: int | None = None
    code: int | None = None
    redirect: str | None = None
    reply: Reply | None = None
    largest: int | None = None
    too_much: Reply = HUNG_UP
    forget_after: float | None = None
    forget_by_reset: bool = False
    rate_limited: bool = False
    retry_after: str | None = None
    per_second: int | None = None
    delay: float = 0
    cut: bool = False
    reads: bool = True
    calls: int | None = None


@dataclass(frozen=True)
class AnswerForm:
    """Which of the vendor's documented forms the answers have.

    success_code       0 (from 2.2 on) or 200 (2.0 and 2.1)
    data_is_boolean    `data` as in the page's table; else {"success": …} as in its example
    refusal_status     the HTTP status that carries a portal error; the vendor does not say
    """

    success_code: int = 0
    data_is_boolean: bool = False
    refusal_status: int = 200

    def success(self) -> dict[str, object]:
        data: object = True if self.data_is_boolean else {"success": True}
        return {"code": self.success_code, "message": "", "data": data}

    def refusal(self, code: int, message: str) -> dict[str, object]:
        data: object = False if self.data_is_boolean else {"success": False}
        return {"code": code, "message": message, "data": data}
