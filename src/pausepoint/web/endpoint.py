"""What one endpoint is, and how a request to it becomes a call, an answer, or an error."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from pausepoint.domain.account import Principal
from pausepoint.domain.errors import InvalidSignature, PausePointError
from pausepoint.domain.scopes import Scope
from pausepoint.operations.services import Services
from pausepoint.web.access_control import AccessControl
from pausepoint.web.answers import JsonResponse
from pausepoint.web.body import check_is_json, decode_json, decode_query, read_body
from pausepoint.web.request_errors import NotFound

BODY_LIMIT: Final = 64 * 1024
ACTION_BODY_LIMIT: Final = 1024 * 1024
"""An action may be spelled in JSON at several times its length."""


@dataclass(slots=True)
class Call:
    """One request, authenticated and decoded. `body` and `query` are of the endpoint's types."""

    services: Services
    request: Request
    principal: Principal | None
    body: Any
    query: Any
    raw_body: bytes

    @property
    def path(self) -> Mapping[str, str]:
        return self.request.path_params

    @property
    def caller(self) -> Principal:
        assert self.principal is not None, "this endpoint needs a key"
        return self.principal


Handler: TypeAlias = Callable[[Call], Awaitable[Any]]
"""Returns the response type's instance, a whole Response, or None where there is no body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A row of the table that both the routes and the OpenAPI document are made from."""

    method: str
    path: str
    handler: Handler
    operation_id: str
    """The name of the method in a generated client."""

    summary: str
    tag: str
    needs_key: bool = True
    entry: Callable[[AccessControl, Request], None] = AccessControl.by_address
    """How a request without a key comes in, where none is needed."""

    scope: Scope | None = None
    """What a key must be allowed to do; None where any key will do."""

    tells_answers: bool = False
    """Whether a key must be allowed to read pauses too, since answers are sent or shown."""

    waits: Callable[[Any], bool] | None = None
    """Whether a request with this query may wait for long."""

    request: Any = None
    example: Any = None
    query: Any = None
    response: Any = None
    status: int = 200
    again: str | None = None
    """When it is a 200 with the same body instead, since nothing new was made."""

    errors: tuple[type[PausePointError], ...] = ()
    body_limit: int = BODY_LIMIT
    headers: Mapping[str, str] = field(default_factory=dict)
    is_published: bool = True
    streams: Any = None
    """What each event's data is, where the answer is a stream of server-sent events."""


class JsonEndpoint:
    """Runs one endpoint: key, body, query, handler, answer."""

    def __init__(
        self, endpoint: Endpoint, services: Services, access_control: AccessControl
    ) -> None:
        self._endpoint = endpoint
        self._services = services
        self._access_control = access_control
        self._decoder: msgspec.json.Decoder[Any] | None = (
            msgspec.json.Decoder(endpoint.request) if endpoint.request else None
        )

    async def __call__(self, request: Request) -> Response:
        endpoint = self._endpoint
        principal = None
        if endpoint.needs_key:
            principal = await self._access_control.identify(request)
            if endpoint.waits is None:
                self._access_control.count(request, principal)
            if endpoint.scope is not None:
                principal.require(endpoint.scope)
            if endpoint.tells_answers:
                principal.require(Scope.PAUSES_READ)
        else:
            endpoint.entry(self._access_control, request)
        # Tokens and pause ids are judged by their form; anything else with U+0000 names nothing.
        path = request.scope["path"]
        if "\0" in path and not {"token", "pause_id"} & set(request.path_params):
            raise NotFound
        raw_body, body, query = b"", None, None
        if self._decoder is not None:
            check_is_json(request)
            raw_body = await read_body(request, endpoint.body_limit)
            body = decode_json(raw_body, self._decoder)
        if endpoint.query is not None:
            query = self._decoded_query(request, principal)
        try:
            answer = await endpoint.handler(
                Call(self._services, request, principal, body, query, raw_body)
            )
        except InvalidSignature:
            self._access_control.by_address(request)
            raise
        if isinstance(answer, Response):
            return answer
        if answer is None:
            return Response(status_code=endpoint.status, headers={"cache-control": "no-store"})
        return JsonResponse(answer, endpoint.status)

    def _decoded_query(self, request: Request, principal: Principal | None) -> Any:
        """What a request asks for says how it is counted, where it may wait."""
        waits = self._endpoint.waits
        if principal is None or waits is None:
            return decode_query(request, self._endpoint.query)
        try:
            query = decode_query(request, self._endpoint.query)
        except PausePointError:
            self._access_control.count(request, principal)
            raise
        if waits(query):
            self._access_control.hold(request, principal)
        else:
            self._access_control.count(request, principal)
        return query
