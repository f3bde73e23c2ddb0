"""A letter is named by the beginning of its id; Ctrl-C waits for what must not be torn."""

import signal
import threading

import pytest

from operate.dead_letters.choice import short_ids, with_prefixes
from operate.dead_letters.held import Letter, unbroken
from operate.errors import NothingDoneError
from tests.support.interrupts import interruptible


def letters(*names: str) -> list[Letter]:
    return [Letter(name, "", None, {}) for name in names]


LETTERS = letters("aaaaaaaa-1111", "aaaaaaaa-1122", "bbbbbbbb-1111")


@pytest.mark.parametrize(
    ("prefix", "name"),
    [
        ("b", "bbbbbbbb-1111"),
        ("B", "bbbbbbbb-1111"),
        ("aaaaaaaa-112", "aaaaaaaa-1122"),
        ("bbbbbbbb-1111",) * 2,
    ],
)
def test_a_beginning_that_fits_one_letter_means_it(prefix: str, name: str) -> None:
    assert with_prefixes(LETTERS, [prefix]) == letters(name)


@pytest.mark.parametrize(
    ("prefix", "said"),
    [
        ("aaaaaaaa-11", "aaaaaaaa-11 is the beginning of aaaaaaaa-1111, aaaaaaaa-1122, say more"),
        ("c", "c is not the beginning of any letter's id"),
        ("bbbbbbbb-11111", "bbbbbbbb-11111 is not the beginning of any"),
        ("", "nothing is not the beginning"),
    ],
)
def test_a_beginning_that_fits_none_or_several_is_named(prefix: str, said: str) -> None:
    with pytest.raises(NothingDoneError, match=said):
        with_prefixes(LETTERS, ["b", prefix])


def test_what_is_shown_of_an_id_is_enough_to_name_it() -> None:
    short = short_ids(LETTERS)

    assert short == {
        "aaaaaaaa-1111": "aaaaaaaa-111",
        "aaaaaaaa-1122": "aaaaaaaa-112",
        "bbbbbbbb-1111": "bbbbbbbb-111",
    }
    assert [with_prefixes(LETTERS, [one])[0].id for one in short.values()] == list(short)


@pytest.mark.parametrize("count", [0, 1])
def test_few_letters_show_eight_characters(count: int) -> None:
    assert list(short_ids(LETTERS[:count]).values()) == ["aaaaaaaa"][:count]


def interrupted(times: int, done: list[str]) -> None:
    with unbroken():
        for _ in range(times):
            signal.raise_signal(signal.SIGINT)
        done.append("all")


@pytest.mark.parametrize(("times", "ended"), [(1, True), (2, False)])
def test_one_interrupt_waits_for_the_end_of_what_must_not_be_torn_and_a_second_does_not(
    times: int, ended: bool
) -> None:
    done: list[str] = []
    with interruptible():
        with pytest.raises(KeyboardInterrupt):
            interrupted(times, done)
        after = signal.getsignal(signal.SIGINT)

    assert bool(done) == ended
    assert after is signal.default_int_handler


def test_an_interrupt_that_is_ignored_stays_ignored() -> None:
    """As in a shell's background job."""
    done: list[str] = []
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        interrupted(2, done)
        after = signal.getsignal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)

    assert done == ["all"]
    assert after is signal.SIG_IGN


def test_a_fault_is_raised_as_it_is() -> None:
    with pytest.raises(NothingDoneError, match="why"), unbroken():
        raise NothingDoneError("why")
    with interruptible(), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_other_threads_are_left_alone() -> None:
    done = []

    def work() -> None:
        with unbroken():
            done.append("all")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert done == ["all"]
