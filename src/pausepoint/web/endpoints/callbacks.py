"""Callbacks of vendors: authenticated by signature, not by key."""

from __future__ import annotations

from typing import Final

from pausepoint.channels.registry import CHANNELS
from pausepoint.domain import errors as e
from pausepoint.web.access_control import AccessControl
from pausepoint.web.api.callbacks import callback_handler
from pausepoint.web.endpoint import Endpoint

ENDPOINTS: Final = tuple(
    Endpoint(
        method="POST",
        path=f"/v1/callbacks/{path}",
        handler=callback_handler(channel.name, path),
        operation_id=f"receive{channel.name.capitalize()}Status",
        summary=summary,
        tag="Callbacks",
        needs_key=False,
        entry=AccessControl.unlimited,
        status=204,
        errors=(e.InvalidSignature, e.DeliveryNotFound),
    )
    for channel in CHANNELS.values()
    for path, summary in channel.callbacks.items()
)
