"""A stand-in for the EnOS application portal: token service, notice-message/produce and notice-message/get.

It is the one portal of the demo, of the tests and of the benchmarks. `answer` takes a request and returns its
answer without a socket; in a `with` block it is served on a loopback port. What the vendor does not document,
and what breaks, is told to it: by `replies`, one a call, or by `break_down` until it is fixed.
"""

import json
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from sandbox.vendors.loopback import Answer, Loopback, Reply, Request, answer_of, told
from sandbox.vendors.notice_rules import Notice
from sandbox.vendors.portal_faults import HUNG_UP, RESET, AnswerForm, Faults
from sandbox.vendors.portal_store import Organisation
from sandbox.vendors.portal_token import Tokens

BATCH_LIMIT = 100
# Longer than anybody waits.
SILENCE_SECONDS = 3600
TOKEN_PATHS = ("/apim-token-service/v2.0/token/get", "/apim-token-service/v2.0/token/refresh")
# The vendor's page shows both.
PRODUCE_PATHS = (
    "/app-portal/api/v3/notice-message/produce",
    "/app-portal-service/v2.2/notice-message/produce",
)
GET_PATHS = tuple(path.removesuffix("produce") + "get" for path in PRODUCE_PATHS)


@dataclass(frozen=True)
class Call:
    """One produce call as the portal saw it; `ok` if the batch was taken."""

    request: Request
    status: int
    message: str
    ok: bool
    at: float = field(default_factory=time.monotonic)

    @property
    def org_id(self) -> str:
        return org_id(self.request)

    @property
    def body(self) -> bytes:
        """As it came."""
        return self.request.body

    @cached_property
    def ids(self) -> list[str]:
        """messageIds of a batch, whatever else is wrong with it."""
        return message_ids(self.request)

    @property
    def size(self) -> int:
        return len(self.ids)


class Portal(Loopback):
    """The portal: `with Portal(app_key=…, app_secret=…) as portal: portal.url`.

    With `rules=False` every batch is taken that comes with the token, without its signature and its notices
    being looked at or kept: for measurements, where a portal that does more would be what is measured. With
    `signed=False` a call needs neither token nor signature: for callers in the same process.
    """

    def __init__(
        self,
        *,
        app_key: str,
        app_secret: str,
        organisations: Mapping[str, Iterable[str]] | None = None,
        form: AnswerForm | None = None,
        body_limit: int = 10_000_000,
        rules: bool = True,
        signed: bool = True,
        clock: Callable[[], float] = time.time,
        port: int = 0,
    ) -> None:
        super().__init__(port)
        self.clock, self.body_limit, self._rules = clock, body_limit, rules
        self._signed = signed
        self.tokens = Tokens(app_key, app_secret, lambda: self.clock())
        self.replies: list[Reply] = []
        """Given one after the other to produce calls with the right token, in place of what the rules say."""
        self.form = form or AnswerForm()
        given = {"org-1": ["u-1", "u-2"]} if organisations is None else organisations
        self._organisations = {name: Organisation(frozenset(users)) for name, users in given.items()}
        self._faults = Faults()
        self._recent: deque[float] = deque()
        self._calls: list[Call] = []
        self.asked: list[str] = []
        """messageIds that the portal was asked for, whether it has them."""
        self._lock = threading.Lock()

    # What a test or the demo asks.

    @property
    def calls(self) -> list[Call]:
        """Every produce call so far, refused ones included."""
        with self._lock:
            return list(self._calls)

    def forget_calls(self) -> None:
        with self._lock:
            self._calls.clear()

    def accepted(self, org_id: str) -> set[str]:
        """messageIds that exist in the organisation."""
        with self._lock:
            return set(self._organisations[org_id].messages)

    def message(self, org_id: str, message_id: str) -> Notice:
        with self._lock:
            return self._organisations[org_id].messages[message_id]

    def received(self, org_id: str, user: str) -> Counter[str]:
        """messageId -> how often this user was shown it."""
        with self._lock:
            return Counter(self._organisations[org_id].received.get(user, Counter()))

    def take(self, request: Request) -> bool:
        """Produce a call's notices, if the rules allow it: for a reply that hides what was done.

        Returns whether they were produced.
        """
        return self._take(request, self._faults) is None

    # What can be switched while it runs.

    def break_down(self, **faults: Any) -> None:
        """Misbehave from the next call on; see Faults. What is not named stays as it is."""
        with self._lock:
            self._faults = replace(self._faults, **faults)

    def fix(self) -> None:
        with self._lock:
            self._faults = Faults()

    # The wire.

    def answer(self, request: Request) -> Answer:
        if request.method != "POST" or request.path not in (*TOKEN_PATHS, *PRODUCE_PATHS, *GET_PATHS):
            return _gateway_error(404, "no such API")
        faults = self._take_faults(produce=request.path in PRODUCE_PATHS)
        self.closing.wait(faults.delay)
        if faults.down:
            return self._record(request, _gateway_error(503, "service unavailable"))
        if faults.rate_limited or self._over_rate(request, faults):
            return self._record(request, _rate_limited(faults))
        if request.path in TOKEN_PATHS:
            return self.tokens.answer(request)
        if request.path in GET_PATHS:
            return self._get(request, faults)
        answer = self._produce(request, faults)
        return replace(answer, cut=True) if faults.cut else answer

    def forgotten(self, seconds: float) -> Answer | None:
        with self._lock:
            faults = self._faults
        if faults.forget_after is None or seconds < faults.forget_after:
            return None
        return RESET if faults.forget_by_reset else Answer(0, b"", raw=b"", silence=SILENCE_SECONDS)

    def _take_faults(self, *, produce: bool) -> Faults:
        with self._lock:
            now = self._faults
            if produce and now.calls is not None:
                self._faults = replace(now, calls=now.calls - 1) if now.calls > 1 else Faults()
            return now

    def _over_rate(self, request: Request, faults: Faults) -> bool:
        if faults.per_second is None or request.path in TOKEN_PATHS:
            return False
        now = self.clock()
        with self._lock:
            while self._recent and now - self._recent[0] >= 1:
                self._recent.popleft()
            if len(self._recent) >= faults.per_second:
                return True
            self._recent.append(now)
            return False

    def _get(self, request: Request, faults: Faults) -> Answer:
        """What is kept under a messageId, as an older portal does not say."""
        if not faults.reads:
            return _gateway_error(404, "no such API")
        if self._signed and (fault := self.tokens.fault_in_call(request, signed=self._rules)):
            return _gateway_error(401, fault)
        if faults.status is not None:
            return _gateway_error(faults.status, "told to fail")
        message_id = json.loads(request.body)["messageId"]
        with self._lock:
            self.asked.append(message_id)
            organisation = self._organisations.get(org_id(request))
            kept = organisation.messages.get(message_id) if organisation else None
        if organisation is None:
            return Answer(self.form.refusal_status, self.form.refusal(512, "organization is unknown"))
        data = {"messages": [kept] if kept else []}
        return Answer(200, {"code": self.form.success_code, "message": "", "data": data})

    def _produce(self, request: Request, faults: Faults) -> Answer:
        if self._signed and (fault := self.tokens.fault_in_call(request, signed=self._rules)):
            return self._record(request, _gateway_error(401, fault))
        answer = told(self.replies, request)
        if answer is None and faults.reply is not None:
            answer = answer_of(faults.reply, request)
        if answer:
            return self._record(request, answer)
        if faults.redirect is not None:
            return self._record(request, Answer(302, b"", {"Location": faults.redirect}))
        if faults.status is not None:
            return self._record(request, _gateway_error(faults.status, "told to fail"))
        if faults.code is not None:
            return self._record(request, Answer(200, self.form.refusal(faults.code, "told to fail")))
        if faults.turn_away and not faults.turn_away.isdisjoint(message_ids(request)):
            return self._record(request, faults.turned_away)
        if faults.largest is not None and len(message_ids(request)) > faults.largest:
            return self._record(request, answer_of(faults.too_much, request) or HUNG_UP)
        if len(request.body) > self.body_limit:
            return self._record(request, _gateway_error(413, "request too large"))
        if not self._rules:
            return self._take_unread(request, faults)
        if faults.break_on and not faults.break_on.isdisjoint(message_ids(request)):
            return self._record(request, _gateway_error(500, "internal error"))
        try:
            refusal = self._take(request, faults)
        except (ValueError, KeyError, TypeError):
            return self._record(request, _gateway_error(400, "cannot process request body"))
        if refusal:
            return self._record(request, Answer(self.form.refusal_status, self.form.refusal(*refusal)))
        return self._record(request, Answer(200, self.form.success()), ok=True)

    def _take_unread(self, request: Request, faults: Faults) -> Answer:
        if faults.refuse and not faults.refuse.keys().isdisjoint(message_ids(request)):
            return self._record(request, Answer(self.form.refusal_status, self.form.refusal(400, "refused")))
        return self._record(request, Answer(200, self.form.success()), ok=True)

    def _take(self, request: Request, faults: Faults) -> tuple[int, str] | None:
        """Produce a call's notices; see `_apply`. Raises ValueError, KeyError or TypeError if it has none."""
        notices = json.loads(request.body)["messages"]
        with self._lock:
            return self._apply(org_id(request), notices, faults)

    def _apply(self, org: str, notices: Any, faults: Faults) -> tuple[int, str] | None:
        """Produce all of the notices or, with a portal code and a message, none of them."""
        if org in faults.no_such:
            return 31404, "Can not find this organization"
        organisation = self._organisations.get(org)
        if organisation is None:
            return 512, "organization is not selected" if not org else f"organization {org} is unknown"
        if not isinstance(notices, list) or not notices:
            return 400, "messages is required"
        if len(notices) > BATCH_LIMIT:
            return 432, f"too many messages: {len(notices)}, at most {BATCH_LIMIT}"
        if fault := organisation.fault(notices):
            return 400, f"parameter.invalid: {fault[0]}: {fault[1]}"
        if poison := next((n["messageId"] for n in notices if n["messageId"] in faults.refuse), None):
            return 400, f"parameter.invalid: {poison}: {faults.refuse[poison]}"
        organisation.produce(notices)
        return None

    def _record(self, request: Request, answer: Answer, *, ok: bool = False) -> Answer:
        if request.path in PRODUCE_PATHS:
            message = str(answer.body.get("message", "")) if isinstance(answer.body, dict) else ""
            call = Call(request, answer.status, message, ok)
            with self._lock:
                self._calls.append(call)
        return answer


def org_id(request: Request) -> str:
    """Organisation of a produce call; empty if it names none."""
    return dict(request.query).get("orgId", "")


def message_ids(request: Request) -> list[str]:
    """messageIds of a batch, whatever else is wrong with it."""
    try:
        notices = json.loads(request.body)["messages"]
        return [str(notice["messageId"]) for notice in notices]
    except (ValueError, KeyError, TypeError):
        return []


def _gateway_error(status: int, message: str) -> Answer:
    return Answer(status, {"code": status, "message": message})


def _rate_limited(faults: Faults) -> Answer:
    headers = {} if faults.retry_after is None else {"Retry-After": faults.retry_after}
    return replace(_gateway_error(429, "API rate limit exceeded"), headers=headers)
