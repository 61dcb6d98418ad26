"""/v1/callbacks: vendors say what became of our messages."""

from __future__ import annotations

from pausepoint.channels.base import InboundRequest
from pausepoint.operations.record_callback import record_callback
from pausepoint.web.body import read_body
from pausepoint.web.endpoint import BODY_LIMIT, Call, Handler
from pausepoint.web.request_errors import NotFound


def callback_handler(channel: str, path: str) -> Handler:
    """Reads what a channel's vendor posts to `/v1/callbacks/` and `path`."""

    async def handle(call: Call) -> None:
        reader = call.services.channels[channel].callback_reader(path)
        if reader is None:
            raise NotFound
        body = await read_body(call.request, BODY_LIMIT)
        # The signed URL is the public one, regardless of Host and proxy headers.
        url = f"{call.services.policy.public_url}{call.request.url.path}"
        headers = {name.lower(): value for name, value in call.request.headers.items()}
        for inbound in reader.read(InboundRequest(url, headers, body, call.path)):
            await record_callback(call.services, inbound)

    handle.__name__ = path.partition("/")[0]
    return handle
