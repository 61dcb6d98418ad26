"""The synchronous client: the I/O-free core, driven by httpx2.Client."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
from datetime import timedelta
from functools import partial, wraps
from types import TracebackType
from typing import Concatenate, ParamSpec, Self, TypeVar

import httpx2

from pausepoint.client import calls, webhook_calls
from pausepoint.client.access import Access, access
from pausepoint.client.approval import Approval, Approving, check_function, is_async, prepared
from pausepoint.client.environment import chance, monotonic, process_id, sleep
from pausepoint.client.errors import ClientMisused
from pausepoint.client.feed import BadStream, Feed, FeedEvent, OnConnected
from pausepoint.client.http import (
    FAILURES,
    FORKED,
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
    """Runs the steps of a call, one after the other."""

    def __init__(
        self,
        access: Access,
        policy: RetryPolicy,
        http: httpx2.Client | None,
        sleep: Callable[[float], object],
    ) -> None:
        self.access = access
        self.policy = policy
        self._sleep = sleep
        self._given = http
        self._http = open_pool(httpx2.Client, access) if http is None else http
        self._process = process_id()
        self._inherited: list[object] = []
        """Connections of the parent process. Kept, because closing them could disturb the parent."""

    @property
    def http(self) -> httpx2.Client:
        """Return the connection pool of this process. Raises ClientMisused after a fork."""
        if self.is_inherited:
            if self._given is not None:
                raise ClientMisused(FORKED)
            self._inherited.append(self._http)
            self._http = open_pool(httpx2.Client, self.access)
            self._process = process_id()
        return self._http

    @property
    def is_inherited(self) -> bool:
        """True if the pool was opened by the parent process before a fork."""
        return self._process != process_id()

    def close(self) -> None:
        if self._given is None and not self.is_inherited:
            self._http.close()

    def run(self, steps: Steps[T]) -> T:
        return self._run(steps, self._exchange)

    def _run(self, steps: Steps[T], exchange: Callable[[Request], Outcome]) -> T:
        try:
            request = next(steps)
            while True:
                if request.delay:
                    self._sleep(request.delay)
                request = steps.send(exchange(request))
        except StopIteration as done:
            result: T = done.value
            return result

    def follow(self, feed: Feed) -> Iterator[FeedEvent]:
        """Yield events, reconnecting after each lost connection."""
        while True:
            with ExitStack() as stack:
                opened: list[httpx2.Response] = []
                self._run(feed.connect(), partial(self._open, stack, opened))
                with suppress(httpx2.HTTPError, BadStream):
                    for chunk in opened[-1].iter_bytes():
                        yield from feed.take(chunk)
                        if self.is_inherited:
                            self._inherited.append(stack.pop_all())
                            break

    def _open(self, stack: ExitStack, opened: list[httpx2.Response], request: Request) -> Outcome:
        """Open a stream that `stack` closes."""
        stack.close()
        began = monotonic()
        body = Body(request)
        try:
            options = request_options(request, self.access)
            answer = stack.enter_context(self.http.stream(**options))
            opened.append(answer)
            if not is_stream(answer):
                for chunk in answer.iter_bytes():
                    body.add(chunk, monotonic() - began)
        except FAILURES as error:
            return no_answer(error, self.access, monotonic() - began)
        return begun(body, answer, monotonic() - began)

    def _exchange(self, request: Request) -> Outcome:
        began = monotonic()
        body = Body(request)
        try:
            with self.http.stream(**request_options(request, self.access)) as answer:
                for chunk in answer.iter_bytes():
                    body.add(chunk, monotonic() - began)
        except FAILURES as error:
            return no_answer(error, self.access, monotonic() - began)
        return body.whole(answer, monotonic() - began)


class _Driven:
    def __init__(self, driver: _Driver) -> None:
        self._driver = driver


def _blocking(
    steps: Callable[Concatenate[RetryPolicy, P], Steps[T]],
) -> Callable[Concatenate[_Driven, P], T]:
    @wraps(steps)
    def method(self: _Driven, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._driver.run(steps(self._driver.policy, *args, **kwargs))

    return shown_signature(method, steps)


class Webhooks(_Driven):
    """`client.webhooks`: registered webhooks and their deliveries."""

    create = _blocking(webhook_calls.create)
    list = _blocking(webhook_calls.list_webhooks)
    delete = _blocking(webhook_calls.delete)
    deliveries = _blocking(webhook_calls.deliveries)
    redeliver = _blocking(webhook_calls.redeliver)


class PausePoint(_Driven, Approving):
    """Asks people, and waits for their answers. Threads may share one. Close it after use.

    After a fork the child opens connections of its own; with `http` of yours it raises
    ClientMisused, so make one PausePoint in each process then.

    Without `api_key` and `base_url`, PAUSEPOINT_API_KEY and PAUSEPOINT_BASE_URL are read from the
    environment. `patience` is how long an outage may last while an answer is waited for. `http` is
    a client of your own, for proxies or certificates; it stays yours to close. `sleep` takes
    seconds. Raises NotConfigured.
    """

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        *,
        patience: timedelta = PATIENCE,
        http: httpx2.Client | None = None,
        sleep: Callable[[float], object] = sleep,
    ) -> None:
        target = access(api_key, base_url)
        policy = RetryPolicy(patience.total_seconds(), chance)
        super().__init__(_Driver(target, policy, http, sleep))
        self.webhooks = Webhooks(self._driver)

    ask = _blocking(calls.ask)
    create = _blocking(calls.create)
    get = _blocking(calls.get)
    wait = _blocking(calls.wait)
    cancel = _blocking(calls.cancel)
    erase = _blocking(calls.erase)
    callbacks = _blocking(calls.callbacks)
    redeliver_callback = _blocking(calls.redeliver_callback)
    list = _blocking(calls.list_pauses)
    audit = _blocking(calls.audit)

    def events(
        self,
        *,
        types: Sequence[str] = (),
        last_event_id: str | None = None,
        on_connected: OnConnected | None = None,
    ) -> Iterator[FeedEvent]:
        """Yield events of the pauses of this key's account and mode, live, without an end.

        From now on, or from the event after `last_event_id` on; of `types` only, where given. When
        the line is cut it comes back and misses nothing. `on_connected` is called with the id that
        a connection begins after. Raises ApiError, Unreachable; Conflict with the code EVENTS_GONE
        where what followed that id is no longer available.
        """
        feed = Feed(self._driver.policy, types, last_event_id, on_connected)
        return self._driver.follow(feed)

    def close(self) -> None:
        self._driver.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"PausePoint({self._driver.access.base_url!r})"

    def _guard(self, function: Callable[P, R], approval: Approval) -> Callable[P, R]:
        if is_async(function):
            raise TypeError("This function is async: use AsyncPausePoint, or requires_approval.")
        return guard(function, approval, lambda: nullcontext(self))


def guard(
    function: Callable[P, R],
    approval: Approval,
    client: Callable[[], AbstractContextManager[PausePoint]],
) -> Callable[P, R]:
    """Wrap a function so that a person approves each call; `client` is opened for each question."""
    check_function(function, approval)
    run: Callable[..., R] = function

    @wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        call = prepared(function, approval, args, kwargs)
        with client() as opened:
            answer = opened.ask(**approval.question(call))
        call.admit(answer)
        return run(*call.args, **call.kwargs)

    return guarded
