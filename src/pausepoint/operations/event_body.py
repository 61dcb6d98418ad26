"""The JSON body of an event: the same for webhooks, callbacks and the feed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from pausepoint.domain.events import Event
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import ENDING, Pause
from pausepoint.domain.time import Instant, to_rfc3339

_ENDINGS: Final = frozenset(event for event, _ in ENDING.values())


def event_body(
    event: Event, at: Instant, pause: Pause, more: Mapping[str, object] | None = None
) -> bytes:
    """The same bytes whenever it is asked for: of an answer, only the event that ended the pause has it.

    `more` is added to the data.
    """
    is_end = event in _ENDINGS
    content = pause.content
    data: dict[str, Any] = {
        "choice": pause.choice if is_end else None,
        "text": content.response_text if content and is_end else None,
        "response_at": to_rfc3339(pause.responded_at) if pause.responded_at and is_end else None,
        "metadata": content.metadata if content else None,
        "resolved_by": pause.resolved_by if is_end else None,
        "test": pause.mode is Mode.TEST,
    }
    return msgspec.json.encode(
        {
            "event": event,
            "pause_id": pause.pause_id,
            "developer_id": pause.developer_id,
            "timestamp": to_rfc3339(at),
            "data": data | dict(more or {}),
        }
    )
