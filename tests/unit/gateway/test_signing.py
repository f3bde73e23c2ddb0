"""The gateway's request signature."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from gateway.signing import Credentials, sign

CREDENTIALS = Credentials(apiKey="key", secretKey="secret")
PATH = "/openplatform/message/register_event_callback"
FORM = {
    "callbackUrl": "http://192.0.2.10:8090/cb",
    "eventTag": "MOZI_VDS_TENANT_CHANGE|ORGANIZATION_ADD_UPDATE",
}
AT = datetime(2020, 4, 8, 2, 0, tzinfo=UTC)


def signature(form: dict[str, str]) -> str:
    headers = sign(CREDENTIALS, "POST", PATH, form, at=AT, nonce="15863112000001234")
    return headers["X-Hmac-Auth-Signature"]


def test_the_signature_is_the_one_of_the_documented_vector() -> None:
    headers = sign(CREDENTIALS, "POST", PATH, FORM, at=AT, nonce="15863112000001234")

    assert headers == {
        "apiKey": "key",
        "X-Hmac-Auth-Timestamp": "2020-04-08T10:00:00.000+08:00",
        "X-Hmac-Auth-Nonce": "15863112000001234",
        "X-Hmac-Auth-Version": "1.0",
        "X-Hmac-Auth-Signature": "ne3WJvqd7i5liilN3dh+j1IOhpfSTsHfOB1eZNEPcy8=",
        "X-Hmac-Auth-IP": "127.0.0.1",
        "X-Hmac-Auth-MAC": "00:00:00:00:00:00",
    }


def test_the_order_in_which_fields_are_given_does_not_matter() -> None:
    assert signature(dict(reversed(FORM.items()))) == signature(FORM)


def test_names_are_sorted_whatever_their_case_and_values_are_raw() -> None:
    # The text ends in "\n/p\nalpha=1&Beta=二&Gamma=a|b"; computed with openssl.
    form = {"Gamma": "a|b", "Beta": "二", "alpha": "1"}

    headers = sign(CREDENTIALS, "POST", "/p", form, at=AT, nonce="15863112000001234")

    assert headers["X-Hmac-Auth-Signature"] == "Eq9prG12YbX4w9uL/2iSD6oLYdg/5qWPgeHPfGym9U4="


@pytest.mark.parametrize("empty", [{"note": ""}, {"": "value"}])
def test_an_empty_name_or_value_is_not_signed(empty: dict[str, str]) -> None:
    assert signature(FORM | empty) == signature(FORM)


def test_a_call_without_fields_ends_its_text_with_the_path() -> None:
    # HMAC-SHA256 of "POST\n2020-04-08T10:00:00.000+08:00\n15863112000001234\n" + PATH, computed with openssl.
    assert signature({}) == "spVU299HEH6pU2emSeVo+P37bl0feUqzPKCPMteTQNU="


def test_every_field_is_covered_by_the_signature() -> None:
    assert signature(FORM | {"callbackUrl": "http://192.0.2.11:8090/cb"}) != signature(FORM)


def test_the_secret_key_is_in_no_representation() -> None:
    assert "secret" not in repr(Credentials(apiKey="key", secretKey="secret")).replace("secret_key", "")


@pytest.mark.parametrize("key", ["hush\n", "hu sh", "hush\x00", "密钥", ""])
@pytest.mark.parametrize("name", ["apiKey", "secretKey"])
def test_a_key_that_no_header_takes_is_named_and_not_shown(name: str, key: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Credentials.model_validate({"apiKey": "a", "secretKey": "b"} | {name: key})

    (fault,) = caught.value.errors(include_input=False)
    assert fault["loc"] == (name,)
    assert "hush" not in fault["msg"]
