"""Around every request: its id, its line in the log, the host it may name."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from itertools import count
from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from pausepoint.clock import Clock
from pausepoint.domain.errors import RateLimited
from pausepoint.domain.time import to_rfc3339
from pausepoint.observability import logs
from pausepoint.observability.logs import AccessLine, access_logger
from pausepoint.observability.observer import Observer
from pausepoint.web.access_control import AccessControl, rate_headers
from pausepoint.web.errors import error_response
from pausepoint.web.page_links import mended_path
from pausepoint.web.request_errors import HostNotAllowed
from pausepoint.web.routes import Resource, Routes
from pausepoint.web.waiting import ClientGone

ROUTE = "pausepoint.route"
"""Where the scope says which route answers: its pattern, never the path."""


class RequestMiddleware:
    """`is_host_allowed` checks each request's Host and path; None allows all."""

    def __init__(
        self,
        routes: Routes,
        access_control: AccessControl,
        clock: Clock,
        observer: Observer,
        is_host_allowed: Callable[[str, str], bool] | None,
    ) -> None:
        self._routes = routes
        self._access_control = access_control
        self._clock = clock
        self._observer = observer
        self._is_host_allowed = is_host_allowed
        self._log = access_logger()
        # Ids that no other process gives, without asking the system for chance at each request.
        self._first_half = "req_" + os.urandom(6).hex()
        self._requests = count(1)
        # Of the requests over a limit one a second is logged: a flood must not fill the disk.
        self._refused_second = 0
        self._not_logged = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        began = time.perf_counter()
        request_id = f"{self._first_half}{next(self._requests):08x}"
        logs.request_id.set(request_id)
        resource, scope["path_params"] = self._routes.find(sent_path(scope))
        scope[ROUTE] = resource.path
        status = 0
        try:
            response = await self._answer(resource, Request(scope, receive))
        except ClientGone:
            pass
        else:
            status = response.status_code
            response.raw_headers += ((b"x-request-id", request_id.encode()), *rate_headers(scope))
            await response(scope, receive, send)
        finally:
            self._access_control.release(scope)
        seconds = time.perf_counter() - began
        self._observer.request_ended(scope["method"], resource.path, status, seconds)
        now = self._clock.now()
        line = AccessLine(
            timestamp=to_rfc3339(now),
            request_id=request_id,
            method=scope["method"],
            route=resource.path,
            status=status,
            ms=round(seconds * 1000, 1),
        )
        if status == RateLimited.status:
            second = now // 1000
            if second == self._refused_second:
                self._not_logged += 1
                return
            line.not_logged = self._not_logged or msgspec.UNSET
            self._refused_second, self._not_logged = second, 0
        self._log(line)

    async def _answer(self, resource: Resource, request: Request) -> Response:
        if self._is_host_allowed is not None:
            host = request.headers.get("host", "")
            if not self._is_host_allowed(host, request.scope["path"]):
                return error_response(HostNotAllowed())
        if request.scope["method"] == "GET" and (mended := mended_path(sent_path(request.scope))):
            query = request.scope["query_string"].decode("latin-1")
            return RedirectResponse(f"{mended}?{query}" if query else mended, 307)
        return await resource.answer(request)


def sent_path(scope: Scope) -> str:
    """Return the path as it was sent, percent-encoded."""
    raw_path = scope.get("raw_path")
    path: str = scope["path"] if raw_path is None else raw_path.decode("latin-1")
    return path


def only_this_machine(public_url: str) -> Callable[[str, str], bool]:
    """Hosts that `dev` answers for: a page elsewhere must not reach it by DNS rebinding.

    Where a tunnel leads here from outside, its host gets the person's page and the API, never the
    inbox: that shows every link.
    """
    inside = {"localhost", "127.0.0.1", "[::1]"}
    outside = {_without_port(urlsplit(public_url).netloc).lower()} - inside

    def is_allowed(host: str, path: str) -> bool:
        name = _without_port(host).lower()
        return name in inside or (name in outside and not path.startswith("/dev/"))

    return is_allowed


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host
