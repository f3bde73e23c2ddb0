"""Posts many bodies at once as the gateway does, each again until it is taken."""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from threading import Event
from typing import NamedTuple
from urllib.parse import urlsplit

from benchmarks.portal_server import NotAsClaimedError
from sandbox.delivery import CONTENT_TYPE, REPEATS, Attempt
from sandbox.stage import HURRY

# Longer than the local cloud takes to start a function for each connection.
ANSWER_SECONDS = 60


class Post(NamedTuple):
    """One body and the path that it goes to."""

    path: str
    body: bytes


@dataclass(frozen=True)
class Posted:
    """How long it took until all were taken, how often each answer came, the CPU of this process."""

    posts: int
    seconds: float
    cpu: float
    answers: Counter[str]

    @property
    def rate(self) -> float:
        """Posts a second."""
        return self.posts / self.seconds

    @property
    def repeats(self) -> int:
        return self.answers.total() - self.posts


class Poster:
    """Posts to a server over `at_once` kept-alive connections, an answer awaited on each before the next.

    What is not `taken` is posted again after the gateway's waits, by `wait_scale`: soon at first, and in all
    for longer than a lease.
    """

    def __init__(
        self, url: str, at_once: int, taken: Callable[[Attempt], bool], *, wait_scale: float = HURRY
    ) -> None:
        split = urlsplit(url)
        self._host, self._port = split.hostname or "", split.port or 80
        self._at_once, self._taken, self._wait_scale = at_once, taken, wait_scale

    def post(self, posts: Iterable[Post], seconds: float) -> Posted:
        """Post them all. Raises NotAsClaimedError if one is given up or is late."""
        todo, answers = deque(posts), deque[str]()
        count, began, cpu = len(todo), time.perf_counter(), time.process_time()
        deadline, stopped = time.monotonic() + seconds, Event()
        with ThreadPoolExecutor(self._at_once) as threads:
            work = [
                threads.submit(self._work, todo, answers, deadline, stopped) for _ in range(self._at_once)
            ]
            try:
                wait(work)
            except BaseException:
                stopped.set()
                raise
        spent = time.perf_counter() - began, time.process_time() - cpu
        for one in work:
            one.result()
        return Posted(count, *spent, Counter(answers))

    def _work(self, todo: deque[Post], answers: deque[str], deadline: float, stopped: Event) -> None:
        connection = HTTPConnection(self._host, self._port, timeout=ANSWER_SECONDS)
        try:
            while todo:
                try:
                    post = todo.popleft()
                except IndexError:
                    return
                self._until_taken(connection, post, answers, deadline, stopped)
        finally:
            connection.close()

    def _until_taken(
        self,
        connection: HTTPConnection,
        post: Post,
        answers: deque[str],
        deadline: float,
        stopped: Event,
    ) -> None:
        attempt = Attempt(0, "", 0)
        for seconds in (0, *REPEATS):
            if stopped.wait(seconds * self._wait_scale) or time.monotonic() > deadline:
                raise NotAsClaimedError(f"out of time, the last answer was {attempt.status} {attempt.body}")
            attempt = _attempt(connection, post)
            answers.append(f"{attempt.status} {attempt.body}")
            if self._taken(attempt):
                return
        raise NotAsClaimedError(f"given up after {len(REPEATS)} repeats: {attempt.status} {attempt.body}")


def _attempt(connection: HTTPConnection, post: Post) -> Attempt:
    """One POST; no answer is status 0."""
    at = time.monotonic()
    try:
        connection.request("POST", post.path, post.body, {"Content-Type": CONTENT_TYPE})
        answer = connection.getresponse()
        return Attempt(answer.status, answer.read().decode("utf-8", "replace"), at)
    except (OSError, HTTPException) as error:
        # The next request opens it anew.
        connection.close()
        return Attempt(0, f"{type(error).__name__}: {error}", at)
