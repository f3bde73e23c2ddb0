"""Settings of the notice function."""

from relay.settings import Settings


class NoticeSettings(Settings):
    """Addresses of the portal, of its credentials and of the two queues."""

    enos_base_url: str
    enos_produce_path: str
    enos_credentials_secret_arn: str
    notice_queue_url: str
    notice_dead_letter_queue_url: str
