"""The ASGI application, put together from the table of endpoints and the pages."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from pausepoint.operations.services import Services
from pausepoint.web.edge import Edge, only_this_machine
from pausepoint.web.endpoint import Endpoint, JsonEndpoint
from pausepoint.web.endpoints import ENDPOINTS
from pausepoint.web.hooks.claude_code import ClaudeCodeHook
from pausepoint.web.mcp.endpoint import McpEndpoint
from pausepoint.web.mcp.in_process import InProcessApi
from pausepoint.web.openapi import openapi_document
from pausepoint.web.pages.handlers import DeveloperPages, ResponsePage
from pausepoint.web.pages.inbox import InboxPages, InboxSource
from pausepoint.web.routes import RequestHandler, Routes


def create_app(
    services: Services, inbox: InboxSource | None = None, example_key: str | None = None
) -> Edge:
    """With an inbox it is the server for development: it answers for this machine's names only."""
    document = openapi_document(ENDPOINTS, services.policy.public_url)
    response_page = ResponsePage(services)
    pages = DeveloperPages(document, is_dev=inbox is not None)
    api = _api(ENDPOINTS, services)
    resources: dict[str, dict[str, RequestHandler]] = {
        **api,
        "/mcp": {"POST": McpEndpoint(services, InProcessApi(Routes(api)))},
        "/v1/hooks/claude-code": {"POST": ClaudeCodeHook(services)},
        "/respond/{token}": {"GET": response_page.get, "POST": response_page.post},
        "/static/{name}": {"GET": pages.static},
        "/openapi.json": {"GET": _document(document)},
        "/docs": {"GET": pages.reference},
        "/": {"GET": pages.home},
    }
    if inbox is not None:
        shown = InboxPages(services, inbox, example_key).routes()
        resources |= {path: {"GET": handler} for path, handler in shown.items()}
    is_host_allowed = only_this_machine(services.policy.public_url) if inbox is not None else None
    return Edge(Routes(resources), services.clock, services.observer, is_host_allowed)


def _api(endpoints: Sequence[Endpoint], services: Services) -> dict[str, dict[str, RequestHandler]]:
    by_path: dict[str, dict[str, RequestHandler]] = {}
    for endpoint in endpoints:
        by_path.setdefault(endpoint.path, {})[endpoint.method] = JsonEndpoint(endpoint, services)
    return by_path


def _document(document: dict[str, object]) -> RequestHandler:
    body = msgspec.json.encode(document)

    async def handler(request: Request) -> Response:
        return Response(body, media_type="application/json")

    return handler
