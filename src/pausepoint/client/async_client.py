"""PausePoint for programs that await: the same core, driven by httpx2's async client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, nullcontext, suppress
from datetime import timedelta
from functools import partial, wraps
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar, cast

import httpx2

from pausepoint.client import calls, webhook_calls
from pausepoint.client.access import Access, access
from pausepoint.client.approval import Approval, Approving, check_function, is_async, prepared
from pausepoint.client.environment import (
    chance,
    monotonic,
    process_id,
    running_loop,
    sleep_async,
)
from pausepoint.client.errors import ClientMisused
from pausepoint.client.feed import BadStream, Feed, FeedEvent, OnConnected
from pausepoint.client.http import (
    FAILURES,
    FORKED,
    OTHER_LOOP,
    Body,
    begun,
    is_stream,
    no_answer,
    open_pool,
    request_options,
)
from pausepoint.client.protocol import Outcome, Request, Steps
from pausepoint.client.retrying import PATIENCE, RetryPolicy
from pausepoint.client.signature import shown_signature

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


class _Driver:
    """Carries out a call's steps, one after the other."""

    def __init__(
        self,
        access: Access,
        policy: RetryPolicy,
        http: httpx2.AsyncClient | None,
        sleep: Callable[[float], Awaitable[object]],
    ) -> None:
        self.access = access
        self.policy = policy
        self._sleep = sleep
        self._given = http
        self._http = open_pool(httpx2.AsyncClient, access) if http is None else http
        self._process = process_id()
        self._loop: object | None = None
        self._inherited: list[object] = []
        """Connections of the parent process. Kept, because closing them could disturb the parent."""

    @property
    def http(self) -> httpx2.AsyncClient:
        """Return the connection pool of this process and event loop. Raises ClientMisused elsewhere."""
        if self.is_inherited:
            if self._given is not None:
                raise ClientMisused(FORKED)
            self._inherited.append((self._http, self._loop))
            self._http = open_pool(httpx2.AsyncClient, self.access)
            self._loop = None
            self._process = process_id()
        loop = running_loop()
        if self._loop is None:
            self._loop = loop
        elif loop is not self._loop:
            raise ClientMisused(OTHER_LOOP)
        return self._http

    @property
    def is_inherited(self) -> bool:
        """True if the pool was opened by the parent process before a fork."""
        return self._process != process_id()

    async def close(self) -> None:
        if self._given is None and not self.is_inherited:
            await self.http.aclose()

    async def run(self, steps: Steps[T]) -> T:
        return await self._run(steps, self._exchange)

    async def _run(self, steps: Steps[T], exchange: Callable[[Request], Awaitable[Outcome]]) -> T:
        try:
            request = next(steps)
            while True:
                if request.delay:
                    await self._sleep(request.delay)
                request = steps.send(await exchange(request))
        except StopIteration as done:
            result: T = done.value
            return result

    async def follow(self, feed: Feed) -> AsyncIterator[FeedEvent]:
        """Yield events, reconnecting after each lost connection."""
        while True:
            async with AsyncExitStack() as stack:
                opened: list[httpx2.Response] = []
                await self._run(feed.connect(), partial(self._open, stack, opened))
                with suppress(httpx2.HTTPError, BadStream):
                    async for chunk in opened[-1].aiter_bytes():
                        for event in feed.take(chunk):
                            yield event

    async def _open(
        self, stack: AsyncExitStack, opened: list[httpx2.Response], request: Request
    ) -> Outcome:
        """Open a stream that `stack` closes."""
        await stack.aclose()
        began = monotonic()
        body = Body(request)
        try:
            options = request_options(request, self.access)
            answer = await stack.enter_async_context(self.http.stream(**options))
            opened.append(answer)
            if not is_stream(answer):
                async for chunk in answer.aiter_bytes():
                    body.add(chunk, monotonic() - began)
        except FAILURES as error:
            return no_answer(error, self.access, monotonic() - began)
        return begun(body, answer, monotonic() - began)

    async def _exchange(self, request: Request) -> Outcome:
        began = monotonic()
        body = Body(request)
        try:
            async with self.http.stream(**request_options(request, self.access)) as answer:
                async for chunk in answer.aiter_bytes():
                    body.add(chunk, monotonic() - began)
        except FAILURES as error:
            return no_answer(error, self.access, monotonic() - began)
        return body.whole(answer, monotonic() - began)


class _Driven:
    def __init__(self, driver: _Driver) -> None:
        self._driver = driver


def _awaiting(
    steps: Callable[Concatenate[RetryPolicy, P], Steps[T]],
) -> Callable[Concatenate[_Driven, P], Coroutine[Any, Any, T]]:
    @wraps(steps)
    async def method(self: _Driven, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._driver.run(steps(self._driver.policy, *args, **kwargs))

    return shown_signature(method, steps)


class AsyncWebhooks(_Driven):
    """`client.webhooks`: registered webhooks and their deliveries."""

    create = _awaiting(webhook_calls.create)
    list = _awaiting(webhook_calls.list_webhooks)
    delete = _awaiting(webhook_calls.delete)
    deliveries = _awaiting(webhook_calls.deliveries)
    redeliver = _awaiting(webhook_calls.redeliver)


class AsyncPausePoint(_Driven, Approving):
    """As PausePoint, with methods to await. Close it with `aclose`.

    Use one for each event loop: in a second `asyncio.run` it raises ClientMisused.

    A call that is cancelled leaves its pause pending. With another library than asyncio, give its
    `sleep`.
    """

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        *,
        patience: timedelta = PATIENCE,
        http: httpx2.AsyncClient | None = None,
        sleep: Callable[[float], Awaitable[object]] = sleep_async,
    ) -> None:
        target = access(api_key, base_url)
        policy = RetryPolicy(patience.total_seconds(), chance)
        super().__init__(_Driver(target, policy, http, sleep))
        self.webhooks = AsyncWebhooks(self._driver)

    ask = _awaiting(calls.ask)
    create = _awaiting(calls.create)
    get = _awaiting(calls.get)
    wait = _awaiting(calls.wait)
    cancel = _awaiting(calls.cancel)
    erase = _awaiting(calls.erase)
    callbacks = _awaiting(calls.callbacks)
    redeliver_callback = _awaiting(calls.redeliver_callback)
    list = _awaiting(calls.list_pauses)
    audit = _awaiting(calls.audit)

    def events(
        self,
        *,
        types: Sequence[str] = (),
        last_event_id: str | None = None,
        on_connected: OnConnected | None = None,
    ) -> AsyncIterator[FeedEvent]:
        """Yield events of the pauses of this key's account and mode, live, without an end.

        From now on, or from the event after `last_event_id` on; of `types` only, where given. When
        the line is cut it comes back and misses nothing. `on_connected` is called with the id that
        a connection begins after. Raises ApiError, Unreachable; Conflict with the code EVENTS_GONE
        where what followed that id is no longer available.
        """
        feed = Feed(self._driver.policy, types, last_event_id, on_connected)
        return self._driver.follow(feed)

    async def aclose(self) -> None:
        await self._driver.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"AsyncPausePoint({self._driver.access.base_url!r})"

    def _guard(self, function: Callable[P, R], approval: Approval) -> Callable[P, R]:
        if not is_async(function):
            raise TypeError("This function is not async: use PausePoint, or requires_approval.")
        return guard_async(function, approval, lambda: nullcontext(self))


def guard_async(
    function: Callable[P, R],
    approval: Approval,
    client: Callable[[], AbstractAsyncContextManager[AsyncPausePoint]],
) -> Callable[P, R]:
    """Wrap an async function as `guard` does; R is a coroutine."""
    check_function(function, approval)
    run: Callable[..., Any] = function

    @wraps(function)
    async def guarded(*args: P.args, **kwargs: P.kwargs) -> Any:
        call = prepared(function, approval, args, kwargs)
        async with client() as opened:
            answer = await opened.ask(**approval.question(call))
        call.admit(answer)
        return await run(*call.args, **call.kwargs)

    return cast(Callable[P, R], guarded)
