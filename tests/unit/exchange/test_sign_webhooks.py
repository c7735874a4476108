"""Signatures by the Standard Webhooks specification, held against a second implementation."""

import base64

from hypothesis import given
from hypothesis import strategies as st

from services.exchange.domain import secret_of, signed
from tests.support.receivers import Delivery, is_signed

KEYS = st.binary(min_size=24, max_size=64)
IDS = st.from_regex(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}", fullmatch=True)
TIMES = st.integers(0, 4_102_444_800)
BODIES = st.binary(max_size=2000)


def delivery(message: str, timestamp: int, body: bytes, signature: str) -> Delivery:
    headers = {
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature,
    }
    return Delivery("/", headers, body, 1)


def test_the_signature_is_that_of_the_specification() -> None:
    # The example of the specification's reference implementations.
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    told = signed([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert told == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(KEYS, IDS, TIMES, BODIES)
def test_who_has_the_secret_finds_every_signature_good(
    key: bytes, message: str, timestamp: int, body: bytes
) -> None:
    secret = secret_of(key)
    assert base64.b64decode(secret.removeprefix("whsec_")) == key
    assert is_signed(
        secret, delivery(message, timestamp, body, signed([secret], message, timestamp, body))
    )


@given(KEYS, KEYS, IDS, TIMES, BODIES)
def test_during_a_rotation_both_secrets_find_it_good(
    new: bytes, old: bytes, message: str, timestamp: int, body: bytes
) -> None:
    secrets = [secret_of(new), secret_of(old)]
    came = delivery(message, timestamp, body, signed(secrets, message, timestamp, body))
    assert all(is_signed(secret, came) for secret in secrets)


@given(KEYS, IDS, TIMES, BODIES, st.data())
def test_nothing_can_be_changed_under_a_signature(
    key: bytes, message: str, timestamp: int, body: bytes, data: st.DataObject
) -> None:
    secret = secret_of(key)
    signature = signed([secret], message, timestamp, body)
    other = data.draw(BODIES.filter(lambda one: one != body))
    assert not is_signed(secret, delivery(message, timestamp, other, signature))
    assert not is_signed(secret, delivery(message + "0", timestamp, body, signature))
    assert not is_signed(secret, delivery(message, timestamp + 1, body, signature))
    forged = secret_of(bytes(byte ^ 1 for byte in key))
    assert not is_signed(forged, delivery(message, timestamp, body, signature))
