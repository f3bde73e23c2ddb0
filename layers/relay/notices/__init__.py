"""Notices for the application portal: what one is, and how it is written and checked.

An application sends with `relay.notices.sending`, which the functions have no need to load.
"""

from relay.notices.model import CONTENT_NAMES, InvalidNoticeError, Notice

__all__ = ["CONTENT_NAMES", "InvalidNoticeError", "Notice"]
