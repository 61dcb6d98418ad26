"""An answer that takes minutes: something is sent meanwhile, and what is sent is JSON all the same."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from pausepoint.web.hooks.keep_alive import HeldAnswer
from pausepoint.web.waiting import ClientGone

pytestmark = pytest.mark.anyio


async def nothing() -> dict[str, Any]:
    raise AssertionError("nobody reads")


async def test_blanks_keep_the_connection_alive_until_the_answer_is_there() -> None:
    sent: list[dict[str, Any]] = []
    enough = asyncio.Event()

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)
        if len(sent) == 4:
            enough.set()

    async def deciding() -> dict[str, Any]:
        await enough.wait()
        return {"a": 1}

    await HeldAnswer(deciding(), beat_seconds=0.001)({}, nothing, send)
    head, *bodies = sent

    assert (head["status"], (b"content-type", b"application/json") in head["headers"]) == (
        200,
        True,
    )
    assert bodies[0]["body"] == b" "
    assert json.loads(b"".join(body["body"] for body in bodies)) == {"a": 1}
    assert [body["more_body"] for body in bodies] == [True] * (len(bodies) - 1) + [False]


async def test_nothing_more_is_sent_to_who_has_gone() -> None:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def deciding() -> dict[str, Any]:
        raise ClientGone

    await HeldAnswer(deciding())({}, nothing, send)

    assert [message["type"] for message in sent] == ["http.response.start"]
