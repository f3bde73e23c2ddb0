"""A burst is posted over a few kept-alive connections, and each body again until it is taken."""

import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterable

import pytest

from benchmarks.portal_server import NotAsClaimedError
from benchmarks.posting import Post, Poster
from sandbox.delivery import REPEATS, Attempt
from sandbox.loopback import Answer, Loopback, Request
from tests.support.interrupts import interruptible

TAKEN, BUSY = Answer(200, {"errcode": "0"}), Answer(503, {"errcode": "5031"})
POSTS = [Post(f"/callback/{number}", b"%d" % number) for number in range(40)]
AT_ONCE = 4


class Callback(Loopback):
    """Answers as it is told, one answer after the other for each path; the last one for good."""

    def __init__(self, *answers: Answer) -> None:
        super().__init__()
        self._answers, self._lock = answers, threading.Lock()
        self.times, self.threads = Counter[str](), set[int]()
        self.bodies: dict[str, bytes] = {}

    def answer(self, request: Request) -> Answer:
        with self._lock:
            turn = self.times[request.path]
            self.times[request.path] += 1
            self.threads.add(threading.get_ident())
            self.bodies[request.path] = request.body
        time.sleep(0.002)
        return self._answers[min(turn, len(self._answers) - 1)]


def poster(callback: Callback, wait_scale: float = 1 / 1000) -> Poster:
    return Poster(callback.url, AT_ONCE, lambda attempt: attempt.ok, wait_scale=wait_scale)


def test_every_body_is_posted_once_over_as_many_connections_as_are_asked_for() -> None:
    with Callback(TAKEN) as callback:
        posted = poster(callback).post(POSTS, 30)

    assert (posted.posts, posted.repeats) == (len(POSTS), 0)
    assert callback.times == dict.fromkeys((post.path for post in POSTS), 1)
    assert callback.bodies == {post.path: post.body for post in POSTS}
    # A thread there serves one connection.
    assert len(callback.threads) == AT_ONCE
    assert posted.answers == {'200 {"errcode": "0"}': len(POSTS)}
    assert posted.rate == len(POSTS) / posted.seconds


@pytest.mark.parametrize(
    "failure", [BUSY, Answer(500, {}), Answer(200, {"errcode": 0}), Answer(200, {}, cut=True)]
)
def test_what_is_not_taken_is_posted_again(failure: Answer) -> None:
    with Callback(failure, failure, TAKEN) as callback:
        posted = poster(callback).post(POSTS, 30)

    assert posted.repeats == 2 * len(POSTS)
    assert set(callback.times.values()) == {3}


def test_what_is_never_taken_is_given_up() -> None:
    with (
        Callback(BUSY) as callback,
        pytest.raises(NotAsClaimedError, match=r"given up after 16 repeats: 503 .*5031"),
    ):
        poster(callback, 0).post(POSTS[:1], 30)

    assert callback.times == {POSTS[0].path: 1 + len(REPEATS)}


@pytest.mark.parametrize("posts", [POSTS[:1], POSTS])
def test_what_takes_too_long_ends_in_an_error(posts: Iterable[Post]) -> None:
    with Callback(BUSY) as callback, pytest.raises(NotAsClaimedError, match="out of time"):
        poster(callback, 1 / 100).post(posts, 0.3)


def test_whoever_interrupts_it_does_not_wait_for_the_repeats() -> None:
    def interrupt(_attempt: Attempt) -> bool:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        return False

    with interruptible(), Callback(BUSY) as callback, pytest.raises(KeyboardInterrupt):
        Poster(callback.url, 1, interrupt, wait_scale=60).post(POSTS, 10_000)

    assert callback.times == {POSTS[0].path: 1}


def test_a_server_that_is_not_there_is_no_answer() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        seen: list[Attempt] = []

        def note(attempt: Attempt) -> bool:
            seen.append(attempt)
            return True

        posted = Poster(url, 1, note).post(POSTS[:1], 30)

    assert [attempt.status for attempt in seen] == [0]
    assert posted.answers.total() == 1
