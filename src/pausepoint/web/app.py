"""The ASGI application, put together from the table of endpoints and the pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response

from pausepoint.operations.services import Services
from pausepoint.web.edge import Edge, only_this_machine
from pausepoint.web.endpoint import Endpoint, JsonEndpoint
from pausepoint.web.endpoints import ENDPOINTS
from pausepoint.web.gate import Gate
from pausepoint.web.hooks.claude_code import ClaudeCodeHook
from pausepoint.web.mcp.endpoint import McpEndpoint
from pausepoint.web.mcp.in_process import InProcessApi
from pausepoint.web.pages.consent import confirm_page, mail_mute_page, mute_page
from pausepoint.web.pages.developer_pages import DeveloperPages
from pausepoint.web.pages.inbox import InboxPages, InboxSource
from pausepoint.web.pages.response_page import ResponsePage
from pausepoint.web.routes import RequestHandler, Routes

Resources: TypeAlias = dict[str, dict[str, RequestHandler]]


def create_app(
    services: Services, inbox: InboxSource | None = None, example_key: str | None = None
) -> Edge:
    """With an inbox it is the server for development: it answers for this machine's names only."""
    gate = Gate(services)
    response_page = ResponsePage(services, gate)
    muting, confirming = mute_page(services, gate), confirm_page(services, gate)
    mail_muting = mail_mute_page(services, gate)
    pages = DeveloperPages(ENDPOINTS, services.policy.public_url, is_dev=inbox is not None)
    api = _api(ENDPOINTS, services, gate)
    resources: Resources = {
        **api,
        "/mcp": {"POST": _mcp(services, api, gate)},
        "/v1/hooks/claude-code": {"POST": ClaudeCodeHook(services, gate)},
        "/respond/{token}": {"GET": response_page.get, "POST": response_page.post},
        "/respond/{token}/mute": {"GET": muting.get, "POST": muting.post},
        "/mute/{token}": {"GET": mail_muting.get, "POST": mail_muting.post},
        "/confirm/{token}": {"GET": confirming.get, "POST": confirming.post},
        "/static/{name}": {"GET": _limited(gate, pages.static)},
        "/openapi.json": {"GET": _limited(gate, pages.openapi)},
        "/docs": {"GET": _limited(gate, pages.reference)},
        "/": {"GET": _limited(gate, pages.home)},
    }
    if inbox is not None:
        shown = InboxPages(services, inbox, example_key).routes()
        resources |= {path: {"GET": handler} for path, handler in shown.items()}
    is_host_allowed = only_this_machine(services.policy.public_url) if inbox is not None else None
    routes = Routes(resources, gate.by_address)
    return Edge(routes, gate, services.clock, services.observer, is_host_allowed)


def _mcp(services: Services, api: Resources, gate: Gate) -> RequestHandler:
    return McpEndpoint(services, InProcessApi(Routes(api, gate.by_address), gate), gate)


def _limited(gate: Gate, handler: RequestHandler) -> RequestHandler:
    """A page for everybody, so many times a minute from one address."""

    async def limited(request: Request) -> Response:
        gate.by_address(request)
        return await handler(request)

    return limited


def _api(endpoints: Sequence[Endpoint], services: Services, gate: Gate) -> Resources:
    by_path: Resources = {}
    for endpoint in endpoints:
        by_path.setdefault(endpoint.path, {})[endpoint.method] = JsonEndpoint(
            endpoint, services, gate
        )
    return by_path
