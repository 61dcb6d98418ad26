"""`POST /mcp`: one message or a batch in, its answers out. There are no sessions."""

from __future__ import annotations

import asyncio
import os
from functools import partial
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from pausepoint.mcp.calls import CallContext, KnownPauses
from pausepoint.mcp.core import (
    DEFAULT_MAX_WAIT_SECONDS,
    PROGRESS_SECONDS,
    SHORT_MAX_WAIT_SECONDS,
    Offer,
    Reply,
    cuts_calls_early,
    receive,
)
from pausepoint.mcp.messages import (
    HEADER_MISMATCH,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    UNSUPPORTED_VERSION,
    encoded,
    error,
    id_of,
    parsed,
)
from pausepoint.mcp.tool_call import ToolCall
from pausepoint.operations.services import Services
from pausepoint.web.access_control import AccessControl
from pausepoint.web.body import check_is_json, read_body
from pausepoint.web.headers import header
from pausepoint.web.mcp.headers import is_stateless, mismatch
from pausepoint.web.mcp.host_check import check_doors
from pausepoint.web.mcp.in_process import InProcessApi
from pausepoint.web.mcp.stream import EventStream
from pausepoint.web.mcp.tool_runner import Json, Perform, answer_of, messages_of

BODY_LIMIT: Final = 256 * 1024
BATCH_LIMIT: Final = 50
REMEMBERED: Final = 10_000
CALLBACK_SECRET: Final = b"pausepoint-callback-secret"
"""A header of the host's configuration, as the key is: the model never sees the secret."""

_ALWAYS_BAD: Final = (PARSE_ERROR, INVALID_REQUEST)
_STATUS: Final = {
    INVALID_PARAMS: 400,
    HEADER_MISMATCH: 400,
    UNSUPPORTED_VERSION: 400,
    METHOD_NOT_FOUND: 404,
}
"""HTTP statuses of errors in the stateless era; in the handshake era each response is a 200."""


class McpEndpoint:
    """`progress_seconds` is the time between two progress notifications of a wait."""

    def __init__(
        self,
        services: Services,
        api: InProcessApi,
        access_control: AccessControl,
        progress_seconds: float = PROGRESS_SECONDS,
    ) -> None:
        self._services = services
        self._api = api
        self._access_control = access_control
        self._progress_seconds = progress_seconds
        self._max_wait_seconds = services.policy.max_wait_seconds
        # Shared by all accounts: it is asked of a pause only after its account has seen it.
        self._known = KnownPauses(REMEMBERED)

    async def __call__(self, request: Request) -> Response:
        check_doors(request, self._services.policy.public_url)
        # What a tool asks of the API is counted there.
        await self._access_control.identify(request)
        self._access_control.count_address(request)
        check_is_json(request)
        body = await read_body(request, BODY_LIMIT)
        try:
            message = parsed(body)
        except (ValueError, RecursionError):
            return _refusal(PARSE_ERROR, "Not a JSON message in UTF-8")
        if isinstance(message, list):
            return await self._batch(message, request)
        return await self._single(message, request)

    async def _single(self, message: object, request: Request) -> Response:
        received = self._received(message, request)
        if isinstance(received, Reply):
            return _json(received.message, _status(received.message, message, request))
        if not isinstance(received, ToolCall):
            return Response(status_code=202)
        context, perform = self._context(request), self._perform(request)
        if received.waits and received.progress_token is not None and _takes_events(request):
            seconds = self._progress_seconds
            return EventStream(messages_of(received, context, perform, seconds))
        return _json(await answer_of(received, context, perform))

    async def _batch(self, messages: list[object], request: Request) -> Response:
        if not 1 <= len(messages) <= BATCH_LIMIT:
            return _refusal(INVALID_REQUEST, f"A batch holds 1 to {BATCH_LIMIT} messages")
        if is_stateless(partial(header, request)):
            return _refusal(INVALID_REQUEST, "This version of the protocol has no batches")
        received = [self._received(message, request) for message in messages]
        perform = self._perform(request)
        calls = [
            answer_of(one, self._context(request), perform)
            for one in received
            if isinstance(one, ToolCall)
        ]
        # All of them see that the client has gone, and end; none is left behind.
        ended = await asyncio.gather(*calls, return_exceptions=True)
        answers = [one.message for one in received if isinstance(one, Reply)]
        for end in ended:
            if isinstance(end, BaseException):
                raise end
            answers.append(end)
        return _json(answers) if answers else Response(status_code=202)

    def _received(self, message: object, request: Request) -> Any:
        offer = self._offer_for(message, request)
        if not isinstance(message, dict):
            return receive(message, offer)
        read = partial(header, request)
        stateless = is_stateless(read, message)
        problem = mismatch(read, message) if stateless and "id" in message else None
        if problem is not None:
            return Reply(error(id_of(message["id"]), HEADER_MISMATCH, problem))
        return receive(message, offer, is_stateless=stateless)

    def _offer_for(self, message: object, request: Request) -> Offer:
        """Short waits for clients that cut calls early, unless the operator has set a wait.

        There are no sessions, so in the handshake era the client's HTTP library identifies it.
        """
        seconds = self._max_wait_seconds
        if seconds == DEFAULT_MAX_WAIT_SECONDS:
            agent = header(request, b"user-agent") or ""
            if agent.startswith("python-httpx/") or cuts_calls_early(message):
                seconds = min(SHORT_MAX_WAIT_SECONDS, seconds)
        return Offer(seconds, has_callback=bool(header(request, CALLBACK_SECRET)))

    def _context(self, request: Request) -> CallContext:
        return CallContext(
            now=self._services.clock.now() / 1000,
            fresh_key=os.urandom(16).hex(),
            known=self._known,
            callback_secret=header(request, CALLBACK_SECRET) or None,
        )

    def _perform(self, request: Request) -> Perform:
        authorization = (header(request, b"authorization") or "").encode("latin-1")
        return partial(self._api.perform, authorization=authorization, receive=request.receive)


def _takes_events(request: Request) -> bool:
    return "text/event-stream" in (header(request, b"accept") or "")


def _json(answer: Json | list[Json], status: int = 200) -> Response:
    headers = {"cache-control": "no-store"}
    return Response(encoded(answer), status, headers, media_type="application/json")


def _refusal(code: int, sentence: str) -> Response:
    return _json(error(None, code, sentence), 400)


def _status(reply: Json, message: object, request: Request) -> int:
    code = reply.get("error", {}).get("code")
    if code in _ALWAYS_BAD:
        return 400
    known = message if isinstance(message, dict) else None
    if code is not None and is_stateless(partial(header, request), known):
        return _STATUS.get(code, 200)
    return 200
