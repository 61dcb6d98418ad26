"""Long polls: a request that is held until there is news, its time is over, or its client has gone."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.types import Receive

from pausepoint.store.waiters import PauseWaiter


class ClientGone(Exception):
    """The client has disconnected."""


async def wait_for_news(request: Request, waiter: PauseWaiter, seconds: float) -> None:
    """Returns on news, after `seconds`, or when the server stops. Raises ClientGone.

    One future, one timer and one small task a waiting agent: nothing runs while it waits.
    """
    gone = asyncio.ensure_future(disconnected(request.receive))
    gone.add_done_callback(lambda _: waiter.release())
    timer = asyncio.get_running_loop().call_later(seconds, waiter.release)
    try:
        await waiter.wait()
    finally:
        timer.cancel()
        has_gone = gone.done()
        gone.cancel()
    if has_gone:
        raise ClientGone


async def disconnected(receive: Receive) -> None:
    """Returns once the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
