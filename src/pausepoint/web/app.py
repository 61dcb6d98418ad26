"""The ASGI application, put together from the table of endpoints and the pages."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router

from pausepoint.operations.services import Services
from pausepoint.web.edge import Edge, only_this_machine
from pausepoint.web.endpoint import Endpoint, JsonEndpoint
from pausepoint.web.endpoints import ENDPOINTS
from pausepoint.web.openapi import openapi_document
from pausepoint.web.pages.handlers import DeveloperPages, ResponsePage
from pausepoint.web.pages.inbox import InboxPages, InboxSource
from pausepoint.web.router import PathApp, RequestHandler, not_found


def create_app(
    services: Services, inbox: InboxSource | None = None, example_key: str | None = None
) -> Edge:
    """With an inbox it is the server for development: it answers for this machine's names only."""
    document = openapi_document(ENDPOINTS, services.policy.public_url)
    response_page = ResponsePage(services)
    pages = DeveloperPages(document, is_dev=inbox is not None)
    routes = [
        *_api_routes(ENDPOINTS, services),
        _route("/respond/{token}", {"GET": response_page.get, "POST": response_page.post}),
        _route("/static/{name}", {"GET": pages.static}),
        _route("/openapi.json", {"GET": _document(document)}),
        _route("/docs", {"GET": pages.reference}),
        _route("/", {"GET": pages.home}),
    ]
    if inbox is not None:
        routes += [
            _route(path, {"GET": handler})
            for path, handler in InboxPages(services, inbox, example_key).routes().items()
        ]
    router = Router(routes, redirect_slashes=False, default=not_found)
    is_host_allowed = only_this_machine(services.policy.public_url) if inbox is not None else None
    return Edge(router, services.clock, services.observer, is_host_allowed)


def _api_routes(endpoints: Sequence[Endpoint], services: Services) -> list[Route]:
    by_path: dict[str, dict[str, RequestHandler]] = {}
    for endpoint in endpoints:
        by_path.setdefault(endpoint.path, {})[endpoint.method] = JsonEndpoint(endpoint, services)
    return [_route(path, handlers) for path, handlers in by_path.items()]


def _route(path: str, handlers: dict[str, RequestHandler]) -> Route:
    return Route(path, PathApp(path, handlers))


def _document(document: dict[str, object]) -> RequestHandler:
    body = msgspec.json.encode(document)

    async def handler(request: Request) -> Response:
        return Response(body, media_type="application/json")

    return handler
