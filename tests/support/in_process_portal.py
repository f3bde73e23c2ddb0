"""The sandbox's stand-in portal without sockets: the dispatcher's calls go straight to its `answer`."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from notice.deadline import Deadline
from notice.portal.answer import check
from notice.portal.errors import PortalUnavailableError, ProduceTooMuchError
from relay.transport import Response
from sandbox.vendors.loopback import Answer, Request
from sandbox.vendors.notice_rules import Notice
from sandbox.vendors.portal import GET_PATHS, PRODUCE_PATHS, Portal, message_ids
from sandbox.vendors.portal_faults import AnswerForm

USERS = ("u-1", "u-2")
# What `break_down` is told: see sandbox.vendors.portal_faults.
DOWN = {"down": True}
FAILING = {"status": 500}
RATE_LIMITED = {"rate_limited": True}
# Answers to one call.
UNAVAILABLE = Answer(503, {"code": 503, "message": "service unavailable"})
FAILED = Answer(500, {"code": 500, "message": "internal error"})
TOKEN_TURNED_DOWN = Answer(401, {"code": 401, "message": "invalid access token"})
FORBIDDEN = Answer(200, {"code": 403, "message": "permission.denied"})
WRONG_ADDRESS = Answer(404, b"<h1>Not Found</h1>")


def refusal(message: str = "parameter.invalid", code: int = 400) -> Answer:
    """The portal's answer that refuses a batch."""
    form = AnswerForm()
    return Answer(form.refusal_status, form.refusal(code, message))


def too_many(retry_after: str | None = None) -> Answer:
    """The answer to a call over the rate limit."""
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return Answer(429, {"code": 429, "message": "API rate limit exceeded"}, headers)


def raising(error: Exception) -> Answer:
    """What no answer says: the call is recorded, and raises this."""
    return Answer(0, error)


def as_the_rules_say(_: Request) -> None:
    """The reply to a call that is answered as if nothing had been told."""


class InProcessPortal(Portal):
    """Takes batches as `PortalClient` and a network would bring them; tokens and signatures are left out.

    A batch is refused for the messageIds in `refuses` and answered HTTP 500 for those in `fails_on`; whatever
    else may happen is told to it by `break_down` and `replies`.
    """

    def __init__(
        self,
        *,
        refuses: Iterable[str] = (),
        fails_on: Iterable[str] = (),
        organisations: Iterable[str] = ("o-1",),
        **given: Any,
    ) -> None:
        self._names = tuple(organisations)
        users = dict.fromkeys(self._names, USERS)
        super().__init__(app_key="", app_secret="", organisations=users, signed=False, **given)
        self.refuse(refuses)
        self.fail_on(fails_on)

    def refuse(self, ids: Iterable[str]) -> None:
        """Refuse every batch with one of these, from the next call on."""
        self.break_down(refuse=dict.fromkeys(ids, "refused"))

    def fail_on(self, ids: Iterable[str]) -> None:
        """Answer 500 to every batch with one of these, from the next call on."""
        self.break_down(break_on=frozenset(ids))

    def prepare(self, deadline: Deadline) -> None:
        """Has all that it needs."""

    def produce(self, org_id: str, notices: Sequence[bytes], deadline: Deadline) -> None:
        body = b'{"messages":[' + b",".join(notices) + b"]}"
        request = Request("POST", PRODUCE_PATHS[0], [("orgId", org_id)], {}, body)
        ids = message_ids(request)
        assert len(set(ids)) == len(ids)
        self._call(request)

    def holds(self, org_id: str, message_id: str, deadline: Deadline) -> bool:
        body = json.dumps({"messageId": message_id}).encode()
        try:
            answer = self._call(Request("POST", GET_PATHS[0], [("orgId", org_id)], {}, body))
        except ProduceTooMuchError as error:
            raise PortalUnavailableError(error.code, error.message) from None
        return bool(json.loads(answer.encoded())["data"]["messages"])

    def _call(self, request: Request) -> Answer:
        answer = self.answer(request)
        if isinstance(answer.body, Exception):
            raise answer.body
        if answer.cut or answer.reset or answer.raw is not None:
            raise ProduceTooMuchError("IncompleteRead", "no whole answer from the portal")
        check(Response(answer.status, answer.headers, answer.encoded()), self.clock())
        return answer

    @property
    def sizes(self) -> list[int]:
        """How many notices each call had."""
        return [call.size for call in self.calls]

    def batches(self, org_id: str = "o-1") -> list[list[str]]:
        """messageIds of each call for an organisation."""
        return [call.ids for call in self.calls if call.org_id == org_id]

    @property
    def content(self) -> dict[tuple[str, str], Notice]:
        """The notices that exist, by organisation and messageId."""
        return {(org, name): self.message(org, name) for org in self._names for name in self.accepted(org)}

    @property
    def came(self) -> dict[tuple[str, str], list[Notice]]:
        """Every content that ever came under a messageId, taken or not, in order of its first call."""
        found: defaultdict[tuple[str, str], list[Notice]] = defaultdict(list)
        for call in self.calls:
            for notice in json.loads(call.body)["messages"]:
                contents = found[call.org_id, notice["messageId"]]
                contents += [notice] if notice not in contents else []
        return found
