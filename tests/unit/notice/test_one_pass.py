"""A notice goes through the code once: a reader follows it from file to file and seldom comes back."""

from tests.support.passes import files_of, notice

CHANGES_OF_FILE = 59


def test_a_fresh_notice_that_is_accepted_changes_file_no_more_often_than_this() -> None:
    files = files_of(notice())

    assert len(files) <= CHANGES_OF_FILE, " > ".join(files)
    assert files[0] == "functions/notice/outbound.py"
    assert files[-1] == "functions/notice/queue/settlement.py"
