"""Runs a tool call on the event loop: its requests in process, its progress as notifications."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, TypeAlias

import structlog

from pausepoint.mcp.api import ApiAnswer, ApiRequest
from pausepoint.mcp.calls import CallContext
from pausepoint.mcp.messages import INTERNAL_ERROR, error
from pausepoint.mcp.tool_call import ToolCall
from pausepoint.web.waiting import ClientGone

Json: TypeAlias = dict[str, Any]
Perform: TypeAlias = Callable[[ApiRequest], Awaitable[ApiAnswer]]

log = structlog.get_logger("pausepoint.web")


async def messages_of(
    call: ToolCall, context: CallContext, perform: Perform, progress_seconds: float | None
) -> AsyncGenerator[Json]:
    """Yield the progress of the wait at intervals, if the call wants that; then the answer.

    With None for the interval it is the answer alone. Raises ClientGone after a disconnect.
    """
    clock = asyncio.get_running_loop().time
    steps = call.steps(context)
    try:
        asked = next(steps)
        while True:
            began = clock()
            performing = asyncio.ensure_future(perform(asked))
            try:
                while not (await asyncio.wait((performing,), timeout=progress_seconds))[0]:
                    progress = call.progress(asked, clock() - began)
                    if progress is not None:
                        yield progress
            finally:
                performing.cancel()
            asked = steps.send(performing.result())
    except StopIteration as done:
        yield done.value
    except ClientGone:
        raise
    except Exception:
        log.exception("an MCP tool failed inside", tool=call.name)
        yield error(call.request_id, INTERNAL_ERROR, "Internal error")


async def answer_of(call: ToolCall, context: CallContext, perform: Perform) -> Json:
    """The message that answers the call. Raises ClientGone."""
    return [message async for message in messages_of(call, context, perform, None)][-1]
