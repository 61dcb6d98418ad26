"""Notifications and hostile strings that several test modules use."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from pausepoint.channels.base import Notification

NOW = 1_795_356_000_000  # 2026-11-22T14:00:00Z
RESPOND_URL = "https://pp.example.com/respond/" + "Ab3_-" * 10 + "Ab3_"

NOTIFICATION = Notification(
    delivery_id="dlv_0197f6c2-0000-7000-8000-000000000001",
    pause_id="psr_0197f6c2-0000-7000-8000-000000000002",
    sender="Acme",
    recipient="+12025550100",
    message="Wire $8,400 to Meridian?",
    options=("Approve", "Reject"),
    timeout_default="Reject",
    created_at=NOW,
    expires_at=NOW + 4 * 3_600_000,
    respond_url=RESPOND_URL,
)

HOSTILE = [
    "<!channel> <@U012345> <https://evil.example|Approve>",
    "</div><script>alert(1)</script><a href='https://evil.example'>",
    "{{ 7*7 }} {% raw %} {# #}",
    "Subject\r\nBcc: victim@example.com\r\n\r\nbody",
    "=?utf-8?q?a=0d=0aBcc:_victim@example.com?=",
    "\u202eevorppA\u202c \u2066x\u2069 \u200b\u3164\ufe0f\u034f\U000e0041",
    "\x00\x07\x1b[31m\x7f\x85\u2028\u2029",
    "\ud800 lone",
    "&" * 2000,
    "😀" * 2000,
    "x" * 2000,
    "\n" * 2000,
    " " * 1999 + "x",
    "first" + "\n" * 60 + "last",
    "Zm9v" * 500,
    "„Zitat“ — ‘quote’ … \u00a0 €{}[]~^|\\",
    ".\r\n.\r\nQUIT\r\n",
    "From me\n.\n..\n",
    "‮",
    " ",
]

_ANY_CHARACTER = st.characters() | st.characters(categories=["Cs"])
_ODD = st.sampled_from("\u202e\u200b\u200d\ufe0f\r\n\t\0 <>&|`*_~=?.\"'\\@:/[]{}%#…—€“😀é中")
hostile_text = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(_ANY_CHARACTER, min_size=1, max_size=2000),
    st.text(_ODD, min_size=1, max_size=2000),
    st.lists(st.sampled_from(["=?utf-8?b?", "?=", "DQpCY2M6", "\r\n", "Bcc: x", " ", "a" * 80]))
    .map("".join)
    .filter(bool),
)


def notification(**changes: Any) -> Notification:
    return replace(NOTIFICATION, **changes)
