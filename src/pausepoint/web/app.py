"""The ASGI application, put together from the table of endpoints and the pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response

from pausepoint.operations.services import Services
from pausepoint.web.access_control import AccessControl
from pausepoint.web.endpoint import Endpoint, JsonEndpoint
from pausepoint.web.endpoints import ENDPOINTS
from pausepoint.web.hooks.claude_code import ClaudeCodeHook
from pausepoint.web.mcp.endpoint import McpEndpoint
from pausepoint.web.mcp.in_process import InProcessApi
from pausepoint.web.middleware import RequestMiddleware, only_this_machine
from pausepoint.web.pages.assets import asset
from pausepoint.web.pages.consent import confirm_page, mail_mute_page, mute_page
from pausepoint.web.pages.developer_pages import DeveloperPages
from pausepoint.web.pages.inbox import InboxPages, InboxSource
from pausepoint.web.pages.response_page import ResponsePage
from pausepoint.web.routes import RequestHandler, Routes

Resources: TypeAlias = dict[str, dict[str, RequestHandler]]


def create_app(
    services: Services, inbox: InboxSource | None = None, example_key: str | None = None
) -> RequestMiddleware:
    """With an inbox it is the server for development: it answers for this machine's names only."""
    access_control = AccessControl(services)
    response_page = ResponsePage(services, access_control)
    muting, confirming = mute_page(services, access_control), confirm_page(services, access_control)
    mail_muting = mail_mute_page(services, access_control)
    pages = DeveloperPages(ENDPOINTS, services.policy.public_url, is_dev=inbox is not None)
    api = _api(ENDPOINTS, services, access_control)
    resources: Resources = {
        **api,
        "/mcp": {"POST": _mcp(services, api, access_control)},
        "/v1/hooks/claude-code": {"POST": ClaudeCodeHook(services, access_control)},
        "/respond/{token}": {"GET": response_page.get, "POST": response_page.post},
        "/respond/{token}/mute": {"GET": muting.get, "POST": muting.post},
        "/mute/{token}": {"GET": mail_muting.get, "POST": mail_muting.post},
        "/confirm/{token}": {"GET": confirming.get, "POST": confirming.post},
        "/static/{name}": {"GET": _files(access_control, pages.static)},
        "/openapi.json": {"GET": _limited(access_control, pages.openapi)},
        "/docs": {"GET": _limited(access_control, pages.reference)},
        "/": {"GET": _limited(access_control, pages.home)},
    }
    if inbox is not None:
        resources |= InboxPages(services, inbox, example_key).routes()
    is_host_allowed = only_this_machine(services.policy.public_url) if inbox is not None else None
    routes = Routes(resources, access_control.by_address)
    return RequestMiddleware(
        routes, access_control, services.clock, services.observer, is_host_allowed
    )


def _mcp(services: Services, api: Resources, access_control: AccessControl) -> RequestHandler:
    return McpEndpoint(
        services,
        InProcessApi(Routes(api, access_control.by_address), access_control),
        access_control,
    )


def _files(access_control: AccessControl, handler: RequestHandler) -> RequestHandler:
    """The pages' own files, without a limit: behind one address may be an office, and each of its
    people needs them. Other names count as any path that is not there.
    """

    async def file(request: Request) -> Response:
        if asset(request.path_params["name"]) is None:
            access_control.by_address(request)
        return await handler(request)

    return file


def _limited(access_control: AccessControl, handler: RequestHandler) -> RequestHandler:
    """A public page, rate-limited by address."""

    async def limited(request: Request) -> Response:
        access_control.by_address(request)
        return await handler(request)

    return limited


def _api(
    endpoints: Sequence[Endpoint], services: Services, access_control: AccessControl
) -> Resources:
    by_path: Resources = {}
    for endpoint in endpoints:
        by_path.setdefault(endpoint.path, {})[endpoint.method] = JsonEndpoint(
            endpoint, services, access_control
        )
    return by_path
