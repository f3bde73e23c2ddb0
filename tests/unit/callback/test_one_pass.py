"""A callback goes through the code once: a reader follows it from file to file and seldom comes back."""

from tests.support.passes import callback, files_of

CHANGES_OF_FILE = 19


def test_a_callback_with_json_and_a_slug_changes_file_no_more_often_than_this() -> None:
    files = files_of(callback())

    assert len(files) <= CHANGES_OF_FILE, " > ".join(files)
    assert files[0] == "functions/callback/request.py"
    assert files[-1] == "functions/callback/responses.py"
