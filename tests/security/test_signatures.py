"""How webhooks are signed, with the official library as the witness."""

from __future__ import annotations

import hashlib
import hmac
import time
from base64 import b64encode

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from pausepoint.security.signatures import webhook_headers

BODY = b'{"event":"pause.responded"}'


def signed(secret: str, body: bytes = BODY) -> dict[str, str]:
    now = int(time.time()) * 1000  # noqa: TID251 - the library checks against the real time
    return webhook_headers(secret, "pause.responded", "dlv_1", now, body)


@pytest.mark.parametrize(
    "secret", ["a plain secret of ours", "sécrèt with ümlauts", "whsec_not base64!"]
)
def test_the_official_library_verifies_with_the_secrets_bytes(secret: str) -> None:
    receiver = Webhook("whsec_" + b64encode(secret.encode()).decode())

    assert receiver.verify(BODY, signed(secret)) == {"event": "pause.responded"}


def test_the_official_library_verifies_with_a_whsec_secret_as_it_is() -> None:
    secret = "whsec_" + b64encode(b"0123456789abcdef0123456789abcdef").decode()

    assert Webhook(secret).verify(BODY, signed(secret)) == {"event": "pause.responded"}


def test_a_changed_body_is_refused_by_the_official_library() -> None:
    secret = "whsec_" + b64encode(b"0123456789abcdef").decode()

    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY + b" ", signed(secret))


def test_the_fixed_header_is_the_hex_hmac_of_the_raw_body() -> None:
    secret = "0123456789abcdef"
    expected = hmac.new(secret.encode(), BODY, hashlib.sha256).hexdigest()
    headers = signed(secret)

    assert headers["x-pausepoint-signature"] == f"sha256={expected}"
    assert headers["x-pausepoint-event"] == "pause.responded"
