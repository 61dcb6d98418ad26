"""Records to store."""

from __future__ import annotations

from typing import Any

from pausepoint.domain.account import Developer
from pausepoint.domain.delivery import Delivery, DeliveryKind
from pausepoint.domain.ids import DELIVERY, PAUSE, new_id
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Content, Pause, PauseStatus

SECRET = "0123456789abcdef0123456789abcdef"
NOW = 1_767_268_800_000
HOUR = 3_600_000


def a_developer(developer_id: str = "dev_alice", email: str = "alice@example.com") -> Developer:
    return Developer(
        developer_id=developer_id, email=email, name="Alice", plan="unlimited", created_at=NOW
    )


def a_pause(**changes: Any) -> Pause:
    fields: dict[str, Any] = {
        "pause_id": new_id(PAUSE, NOW),
        "developer_id": "dev_alice",
        "mode": Mode.LIVE,
        "status": PauseStatus.PENDING,
        "channel": "sms",
        "allow_text_response": True,
        "default_index": None,
        "created_at": NOW,
        "expires_at": NOW + HOUR,
        "content": Content("+15550100199", "Wire it?", ("Approve", "Reject"), {"b": 1, "a": [2]}),
    }
    return Pause(**(fields | changes))


def a_delivery(pause: Pause, **changes: Any) -> Delivery:
    fields: dict[str, Any] = {
        "delivery_id": new_id(DELIVERY, NOW),
        "developer_id": pause.developer_id,
        "mode": pause.mode,
        "kind": DeliveryKind.NOTIFICATION,
        "target": pause.channel,
        "pause_id": pause.pause_id,
        "created_at": NOW,
        "due_at": NOW,
    }
    return Delivery(**(fields | changes))
