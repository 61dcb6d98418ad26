"""/v1/callbacks: vendors say what became of our messages."""

from __future__ import annotations

from urllib.parse import parse_qsl

from pausepoint.domain.errors import InvalidSignature
from pausepoint.operations.record_callback import record_callback
from pausepoint.web.body import read_body
from pausepoint.web.endpoint import BODY_LIMIT, Call
from pausepoint.web.request_errors import NotFound


async def twilio(call: Call) -> None:
    reader = call.services.callbacks.get("twilio")
    if reader is None:
        raise NotFound
    raw = await read_body(call.request, BODY_LIMIT)
    try:
        fields = parse_qsl(raw.decode("ascii"), keep_blank_values=True, max_num_fields=100)
    except ValueError:
        raise InvalidSignature from None
    # The URL that was signed is the public one, whatever Host or proxy headers say.
    url = f"{call.services.policy.public_url}{call.request.url.path}"
    signature = call.request.headers.get("x-twilio-signature", "")
    if not reader.is_genuine(url, fields, signature):
        raise InvalidSignature
    provider_id, report = reader.read(dict(fields))
    await record_callback(call.services, call.path["delivery_id"], provider_id, report)
