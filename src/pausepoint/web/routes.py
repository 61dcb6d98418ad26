"""Paths to what answers there: a tree of segments, walked once a request."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias
from urllib.parse import unquote

import structlog
from starlette.requests import Request
from starlette.responses import Response

from pausepoint.domain.errors import InternalError, Unavailable
from pausepoint.web.errors import as_error
from pausepoint.web.pages.answers import error_answer
from pausepoint.web.request_errors import MethodNotAllowed, NotFound
from pausepoint.web.waiting import ClientGone

RequestHandler: TypeAlias = Callable[[Request], Awaitable[Response]]

_BROKEN_OFF: Final = (
    "PausePoint stopped before this had ended: it may have been done. Look before you try again, or"
    " use an Idempotency-Key."
)

log = structlog.get_logger("pausepoint.web")


class Resource:
    """Everything at one path: one handler a method, and the same answers for every mistake.

    `path` is the pattern, such as `/v1/pause/{pause_id}`. `on_not_found` is called for a request that no
    handler has.
    """

    def __init__(
        self,
        path: str,
        handlers: Mapping[str, RequestHandler],
        on_not_found: Callable[[Request], None],
    ) -> None:
        self.path = path
        self._amiss = on_not_found
        self._handlers = dict(handlers)
        if "GET" in handlers:
            self._handlers["HEAD"] = handlers["GET"]

    async def answer(self, request: Request) -> Response:
        """Raises ClientGone after a disconnect, and nothing else."""
        try:
            handler = self._handlers.get(request.scope["method"])
            if handler is None:
                return self._no_method(request)
            return await handler(request)
        except ClientGone:
            raise
        except asyncio.CancelledError:
            # The server stops, and has waited for this as long as it can.
            return error_answer(request, Unavailable(_BROKEN_OFF))
        except Exception as error:
            answer = as_error(error)
            if isinstance(answer, InternalError):
                log.exception("a request failed inside", route=self.path)
            return error_answer(request, answer)

    def _no_method(self, request: Request) -> Response:
        self._amiss(request)
        response = error_answer(request, MethodNotAllowed())
        response.headers["allow"] = ", ".join(sorted(self._handlers))
        return response


class _NotFoundResource(Resource):
    """Answers requests for unknown paths, with any method."""

    def _no_method(self, request: Request) -> Response:
        self._amiss(request)
        raise NotFound


@dataclass(slots=True)
class _Segment:
    fixed: dict[str, _Segment] = field(default_factory=dict)
    any: _Segment | None = None
    name: str = ""
    resource: Resource | None = None


class Routes:
    """A fixed segment goes before a `{named}` one, and there is no way back from it."""

    def __init__(
        self,
        resources: Mapping[str, Mapping[str, RequestHandler]],
        on_not_found: Callable[[Request], None],
    ) -> None:
        """Handlers by path and method; `on_not_found` as in `Resource`, and for every path that is not there."""
        self._root = _Segment()
        self._nowhere = _NotFoundResource("(none)", {}, on_not_found)
        for path, handlers in resources.items():
            self._add(Resource(path, handlers, on_not_found))

    def find(self, path: str) -> tuple[Resource, dict[str, str]]:
        """Return what answers at `path`, and the values of its named segments, which are never empty.

        `path` is as it was sent, percent-encoded. Fixed segments are compared without decoding, so
        that no second spelling gets past a proxy that allows or denies by path.
        """
        here, values = self._root, {}
        for part in path.split("/")[1:]:
            there = here.fixed.get(part)
            if there is None:
                there = here.any
                if there is None or not part:
                    return self._nowhere, {}
                values[there.name] = unquote(part) if "%" in part else part
            here = there
        return (here.resource, values) if here.resource else (self._nowhere, {})

    def _add(self, resource: Resource) -> None:
        here = self._root
        for part in resource.path.split("/")[1:]:
            if part.startswith("{"):
                here.any = here.any or _Segment(name=part.strip("{}"))
                assert here.any.name == part.strip("{}"), "one name for one place"
                here = here.any
            else:
                here = here.fixed.setdefault(part, _Segment())
        here.resource = resource
