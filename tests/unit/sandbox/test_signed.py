"""A request opens the local cloud by its signature, which botocore makes here as for AWS."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from sandbox.cloud.key import Key
from sandbox.cloud.signed import Call, claims_signature, is_signed

KEY = Key.made()
URL = "http://127.0.0.1:4566"


def header_signed(
    key: Key = KEY,
    *,
    service: str = "sqs",
    method: str = "POST",
    target: str = "/a%20queue/长?b=2&a=%2F",
    body: bytes = b"Action=ListQueues",
) -> Call:
    kind = S3SigV4Auth if service == "s3" else SigV4Auth
    request = AWSRequest(method, URL + target, {"X-Amz-Target": "a  b"}, body)
    kind(Credentials(key.id, key.secret), service, "cn-north-1").add_auth(request)
    return as_sent(request, body)


@pytest.mark.parametrize(("body", "ok"), [(b"as it was", True), (b"another one", False), (b"", False)])
def test_a_body_whose_digest_was_signed_is_compared_with_it(body: bytes, ok: bool) -> None:
    signed = b"as it was"
    request = AWSRequest("POST", URL + "/", {"X-Amz-Content-SHA256": sha256(signed).hexdigest()}, signed)
    SigV4Auth(Credentials(KEY.id, KEY.secret), "sqs", "cn-north-1").add_auth(request)

    assert opens(as_sent(request, body)) is ok


def query_signed(service: str = "lambda", seconds: int = 3600) -> Call:
    credentials = Credentials(KEY.id, KEY.secret)
    signer = (S3SigV4QueryAuth if service == "s3" else SigV4QueryAuth)(
        credentials, service, "cn-north-1", expires=seconds
    )
    request = AWSRequest("GET", f"{URL}/a%20bucket//key?versionId=1", {}, b"")
    signer.add_auth(request)
    return as_sent(request, b"")


def as_sent(request: Any, body: bytes) -> Call:
    split = urlsplit(request.url)
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Call(request.method, split.path, split.query, {"host": split.netloc, **headers}, body)


def authorized(call: Call, value: str) -> Call:
    return replace(call, headers={**call.headers, "authorization": value})


def dated(call: Call, value: str) -> Call:
    return replace(call, headers={**call.headers, "x-amz-date": value})


def known(key_id: str) -> str | None:
    return {KEY.id: KEY.secret, "000000000000": None}.get(key_id)


def opens(call: Call, after: timedelta = timedelta()) -> bool:
    return is_signed(call, known, datetime.now(UTC) + after)


@pytest.mark.parametrize(
    "call",
    [
        header_signed(),
        header_signed(method="GET", target="/", body=b""),
        header_signed(service="s3", method="PUT", target="/bucket//a/../b%20c", body=b"x" * 100_000),
        query_signed(),
        query_signed("s3"),
    ],
)
def test_what_the_keys_owner_signed_is_let_in(call: Call) -> None:
    assert opens(call)


@pytest.mark.parametrize(
    "changed",
    [
        lambda call: replace(call, method="DELETE"),
        lambda call: replace(call, path=f"{call.path}x"),
        lambda call: replace(call, query=f"{call.query}&c=3"),
        lambda call: replace(call, body=b"Action=DeleteQueue"),
        lambda call: replace(call, headers={**call.headers, "host": "127.0.0.1:4567"}),
        lambda call: replace(call, headers={**call.headers, "x-amz-target": "other"}),
        lambda call: dated(call, f"{call.headers['x-amz-date'][:8]}T000000Z"),
        lambda call: dated(call, "now"),
        lambda call: authorized(call, ""),
        lambda call: authorized(call, call.headers["authorization"] * 2),
        lambda call: authorized(call, call.headers["authorization"][:-1] + "g"),
        lambda call: authorized(call, call.headers["authorization"][:-1] + "长"),
        lambda call: replace(call, headers={"host": call.headers["host"]}),
    ],
)
def test_what_was_changed_afterwards_is_not(changed: Callable[[Call], Call]) -> None:
    assert not opens(changed(header_signed()))


@pytest.mark.parametrize(
    "key",
    [
        Key("000000000000", "test"),
        Key("test", "test"),
        Key("AKIAINVENTEDINVENTED", "invented"),
        Key(KEY.id, "test"),
        Key("111122223333", KEY.secret),
    ],
)
def test_no_other_key_opens(key: Key) -> None:
    assert not opens(header_signed(key))


@pytest.mark.parametrize(
    ("minutes", "ok"), [(0, True), (14, True), (16, False), (-14, True), (-16, False), (24 * 60, False)]
)
def test_a_signature_is_good_for_a_quarter_of_an_hour(minutes: int, ok: bool) -> None:
    assert opens(header_signed(), timedelta(minutes=minutes)) is ok


@pytest.mark.parametrize(("seconds", "ok"), [(0, True), (58, True), (62, False), (-1000, False)])
def test_a_link_is_good_as_long_as_it_says(seconds: int, ok: bool) -> None:
    assert opens(query_signed(seconds=60), timedelta(seconds=seconds)) is ok


@pytest.mark.parametrize(
    "changed",
    [
        lambda query: query.replace("X-Amz-Expires=60", "X-Amz-Expires=6000"),
        lambda query: query.replace("X-Amz-Expires=60", "X-Amz-Expires=-6"),
        lambda query: query.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"),
        lambda query: query.replace(KEY.id, "000000000000"),
        lambda query: query + "&x-amz-credential=test%2F20260101%2Fcn-north-1%2Fs3%2Faws4_request",
        lambda query: query + "&X-Amz-Signature=0",
        lambda query: query.partition("&X-Amz-Signature")[0] + "&X-Amz-Signature=长",
        lambda query: query.partition("&X-Amz-Signature")[0],
        lambda query: query.replace("versionId=1", "versionId=2"),
    ],
)
@pytest.mark.parametrize("service", ["s3", "lambda"])
def test_a_changed_link_opens_nothing(service: str, changed: Callable[[str], str]) -> None:
    link = query_signed(service, seconds=60)

    assert not opens(replace(link, query=changed(link.query)))


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("", {"authorization": "AWS4-HMAC-SHA256 Credential=test/"}),
        ("", {"authorization": "Bearer of-something"}),
        ("AWSAccessKeyId=test", {}),
        ("a=1&X-Amz-Credential=test", {}),
        ("x-amz-signature", {}),
    ],
)
def test_whoever_speaks_of_a_signature_is_asked_for_it(query: str, headers: dict[str, str]) -> None:
    call = Call("POST", "/", query, headers)

    assert claims_signature(call)
    assert not opens(call)


def test_a_plain_request_speaks_of_none() -> None:
    assert not claims_signature(Call("POST", "/", "a=1&x-amazing=2", {"x-amzn-trace-id": "1"}))


def test_a_key_is_new_each_time_and_no_accounts_number() -> None:
    keys = {Key.made().id for _ in range(100)}

    assert len(keys) == 100
    assert not any(key.isdecimal() for key in keys)
    assert KEY.secret not in repr(KEY)
