"""PausePoint for programs that block: the core, driven by httpx2's sync client."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from functools import wraps
from types import TracebackType
from typing import Concatenate, ParamSpec, Self, TypeVar

import httpx2

from pausepoint.client import calls, webhook_calls
from pausepoint.client.access import Access, access
from pausepoint.client.approval import Approval, Approving, check_function, is_async, prepared
from pausepoint.client.environment import chance, monotonic, sleep
from pausepoint.client.exchange import Outcome, Request, Steps
from pausepoint.client.http import Body, TooMuch, client_options, no_answer, request_options
from pausepoint.client.retrying import PATIENCE, Policy
from pausepoint.client.signature import shown_signature

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


class _Driver:
    """Carries out a call's steps, one after the other."""

    def __init__(
        self, access: Access, policy: Policy, http: httpx2.Client, sleep: Callable[[float], object]
    ) -> None:
        self.access = access
        self.policy = policy
        self._http = http
        self._sleep = sleep

    def run(self, steps: Steps[T]) -> T:
        try:
            request = next(steps)
            while True:
                if request.delay:
                    self._sleep(request.delay)
                request = steps.send(self._exchange(request))
        except StopIteration as done:
            result: T = done.value
            return result

    def _exchange(self, request: Request) -> Outcome:
        began = monotonic()
        body = Body(request)
        try:
            with self._http.stream(**request_options(request, self.access)) as answer:
                for chunk in answer.iter_bytes():
                    body.add(chunk, monotonic() - began)
        except (httpx2.HTTPError, TooMuch) as error:
            return no_answer(error, monotonic() - began)
        return body.whole(answer, monotonic() - began)


class _Driven:
    def __init__(self, driver: _Driver) -> None:
        self._driver = driver


def _blocking(
    steps: Callable[Concatenate[Policy, P], Steps[T]],
) -> Callable[Concatenate[_Driven, P], T]:
    @wraps(steps)
    def method(self: _Driven, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._driver.run(steps(self._driver.policy, *args, **kwargs))

    return shown_signature(method, steps)


class Webhooks(_Driven):
    """`client.webhooks`: where events are sent, and how they fared."""

    create = _blocking(webhook_calls.create)
    list = _blocking(webhook_calls.list_webhooks)
    delete = _blocking(webhook_calls.delete)
    deliveries = _blocking(webhook_calls.deliveries)
    redeliver = _blocking(webhook_calls.redeliver)


class PausePoint(_Driven, Approving):
    """Asks people, and waits for their answers. Threads may share one. Close it after use.

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
        self._owns_http = http is None
        self._http = httpx2.Client(**client_options(target)) if http is None else http
        policy = Policy(patience.total_seconds(), chance)
        super().__init__(_Driver(target, policy, self._http, sleep))
        self.webhooks = Webhooks(self._driver)

    ask = _blocking(calls.ask)
    create = _blocking(calls.create)
    get = _blocking(calls.get)
    wait = _blocking(calls.wait)
    cancel = _blocking(calls.cancel)
    list = _blocking(calls.list_pauses)
    audit = _blocking(calls.audit)

    def close(self) -> None:
        if self._owns_http:
            self._http.close()

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
    """The function, behind a person's approval; `client` is opened for each question."""
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
