"""What vendors tell: no key, but their signature."""

from __future__ import annotations

from typing import Final

from pausepoint.domain import errors as e
from pausepoint.web.api import callbacks
from pausepoint.web.endpoint import Endpoint
from pausepoint.web.gate import Gate

ENDPOINTS: Final = (
    Endpoint(
        method="POST",
        path="/v1/callbacks/twilio/{delivery_id}",
        handler=callbacks.twilio,
        summary="Twilio's status callback",
        tag="Callbacks",
        needs_key=False,
        entry=Gate.freely,
        status=204,
        errors=(e.InvalidSignature, e.DeliveryNotFound),
    ),
)
