"""Webhooks: what PausePoint signed is taken, and nothing else; garbage is an InvalidSignature."""

from __future__ import annotations

from base64 import b64encode
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pausepoint.client import InvalidSignature, verify_webhook
from pausepoint.security.signatures import webhook_headers

SECRET = "at-least-16-characters"
SECRETS = [SECRET, "whsec_" + b64encode(b"secret-secret-secret").decode(), "whsec_no base64 ä"]
NOW = 1_795_357_036
EVENT: dict[str, Any] = {
    "event": "pause.responded",
    "pause_id": "psr_1",
    "developer_id": "dev_1",
    "timestamp": "2026-11-22T18:00:00Z",
    "data": {
        "choice": "Approve",
        "text": None,
        "response_at": "2026-11-22T18:00:00Z",
        "metadata": {"invoice": 2281},
        "resolved_by": "human",
    },
}
BODY = msgspec.json.encode(EVENT)
SIMPLE = "x-pausepoint-signature"


def signed(secret: str = SECRET, body: bytes = BODY, at: int = NOW) -> dict[str, str]:
    return webhook_headers(secret, "pause.responded", "dlv_1", at * 1000, body)


@pytest.mark.parametrize("secret", SECRETS)
def test_an_event_of_ours_is_taken(secret: str) -> None:
    event = verify_webhook(BODY, signed(secret), secret, at=NOW)
    simple = {SIMPLE.title(): signed(secret)[SIMPLE]}
    without_time = verify_webhook(BODY.decode(), simple, secret)

    assert (event.event, event.pause_id, event.webhook_id) == ("pause.responded", "psr_1", "dlv_1")
    assert (event.data.choice, event.by_human) == ("Approve", True)
    assert event.data.metadata == {"invoice": 2281}
    assert without_time == msgspec.structs.replace(event, webhook_id=None)
    assert "2281" not in repr(event)


def test_one_of_several_signatures_is_enough() -> None:
    headers = signed()
    headers["webhook-signature"] = f"v1,AAAA v2,x {headers['webhook-signature']}"

    assert verify_webhook(BODY, headers, SECRET, at=NOW).pause_id == "psr_1"


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    "names", [(SIMPLE,), ("webhook-id", "webhook-timestamp", "webhook-signature")]
)
def test_a_changed_body_or_secret_is_refused(secret: str, names: tuple[str, ...]) -> None:
    headers = {name: signed(secret)[name] for name in names}
    verify_webhook(BODY, headers, secret, at=NOW)
    for body, key in (
        (BODY + b" ", secret),
        (BODY, secret + "x"),
        (BODY, "another-secret-of-ours"),
    ):
        with pytest.raises(InvalidSignature):
            verify_webhook(body, headers, key, at=NOW)


@pytest.mark.parametrize("drift", [-301, 301, 10**9])
def test_what_is_too_old_is_refused(drift: int) -> None:
    with pytest.raises(InvalidSignature, match="too old"):
        verify_webhook(BODY, signed(at=NOW + drift), SECRET, at=NOW)
    with pytest.raises(InvalidSignature, match="too old"):
        verify_webhook(BODY, signed(), SECRET)
    verify_webhook(BODY, signed(at=NOW + 301), SECRET, at=NOW, tolerance=timedelta(minutes=6))


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_the_simple_signature_counts_only_where_no_other_is(name: str) -> None:
    """Or one could take the time away from an old event, and play it back."""
    headers = signed(at=NOW - 10_000)
    del headers[name]
    with pytest.raises(InvalidSignature):
        verify_webhook(BODY, headers, SECRET, at=NOW)


@pytest.mark.parametrize("secret", ["", None, b"bytes", 5])
def test_no_secret_verifies_nothing(secret: Any) -> None:
    headers = signed("")
    with pytest.raises(InvalidSignature, match="secret"):
        verify_webhook(BODY, headers, secret, at=NOW)


@pytest.mark.parametrize("body", [b"null", b"[]", b"{}", b"\xff", b"[" * 100_000, b'{"event": 5}'])
def test_what_is_signed_and_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidSignature, match="no event"):
        verify_webhook(body, signed(body=body), SECRET, at=NOW)


headers = st.dictionaries(
    st.sampled_from([*signed(), "Webhook-Id", "X-PausePoint-Signature"]) | st.text(max_size=5),
    st.one_of(
        st.text(max_size=40), st.sampled_from([*signed().values(), "9" * 5000, "v1,", "\udcff"])
    ),
)


@given(
    st.binary(max_size=200) | st.text(max_size=50) | st.just(BODY + b"x"),
    headers,
    st.text(max_size=20),
)
def test_garbage_is_refused_and_nothing_else(
    body: bytes | str, headers: dict[str, str], secret: str
) -> None:
    with pytest.raises(InvalidSignature):
        verify_webhook(body, headers, secret, at=NOW)


@pytest.mark.parametrize("body", [None, 5, [], {"a": 1}])
@pytest.mark.parametrize("given_headers", [None, 5, [], {5: 5}, {"webhook-id": None}])
def test_things_of_another_kind_are_refused(body: Any, given_headers: Any) -> None:
    for pair in ((body, given_headers), (BODY, given_headers), (body, signed())):
        with pytest.raises(InvalidSignature):
            verify_webhook(*pair, SECRET, at=NOW)
