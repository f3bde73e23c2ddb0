"""What a browser sends for a page that its user has open, whoever wrote the page."""

import http.client
from collections.abc import Mapping
from urllib.parse import urlsplit

# By what a page does: a form or a fetch from elsewhere, a file or a frame in a sandbox, an image, a page of
# another port of this machine, a name that its owner lets lead to this machine.
PAGES: dict[str, dict[str, str]] = {
    "another site": {"Origin": "https://page.example"},
    "no origin of its own": {"Origin": "null"},
    "an image": {"Sec-Fetch-Site": "cross-site"},
    "another port": {"Sec-Fetch-Site": "same-site"},
    "rebound": {"Host": "page.example:{port}"},
    "rebound, and its own origin": {"Host": "page.example:{port}", "Sec-Fetch-Site": "same-origin"},
}


def send(
    url: str, method: str, target: str, headers: Mapping[str, str], body: bytes = b""
) -> tuple[int, dict[str, str], bytes]:
    """Send one request to `url`'s server: status, headers with names in lower case, and body."""
    split = urlsplit(url)
    given = {name: value.format(port=split.port) for name, value in headers.items()}
    connection = http.client.HTTPConnection(split.hostname or "", split.port, timeout=30)
    try:
        connection.request(method, target, body, given)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()
