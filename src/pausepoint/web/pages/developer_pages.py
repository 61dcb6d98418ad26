"""The pages for developers, and the pages' own files."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from pausepoint import __version__
from pausepoint.web.pages import headers
from pausepoint.web.pages.answers import page
from pausepoint.web.pages.api_reference import render_reference
from pausepoint.web.pages.assets import asset
from pausepoint.web.pages.home import render_home
from pausepoint.web.request_errors import NotFound


class DeveloperPages:
    """The home page, the API's reference, and the pages' own files."""

    def __init__(self, document: dict[str, object], *, is_dev: bool) -> None:
        self._home = render_home(__version__, is_dev)
        self._reference = render_reference(document)

    async def home(self, request: Request) -> Response:
        return page(self._home, with_headers=headers.DEVELOPER_PAGE)

    async def reference(self, request: Request) -> Response:
        return page(self._reference, with_headers=headers.DEVELOPER_PAGE)

    async def static(self, request: Request) -> Response:
        found = asset(request.path_params["name"])
        if found is None:
            raise NotFound
        return Response(
            found.body, headers=dict(headers.STATIC_FILE), media_type=found.content_type
        )
