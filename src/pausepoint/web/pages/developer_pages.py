"""The pages for developers, and the pages' own files."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import cached_property

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from pausepoint import __version__
from pausepoint.web.endpoint import Endpoint
from pausepoint.web.openapi import openapi_document
from pausepoint.web.pages import headers
from pausepoint.web.pages.answers import page
from pausepoint.web.pages.api_reference import render_reference
from pausepoint.web.pages.assets import asset
from pausepoint.web.pages.home import render_home
from pausepoint.web.request_errors import NotFound


class DeveloperPages:
    """The home page, the OpenAPI document, the API reference, and the pages' static files.

    The document and the reference are rendered at the first request, in a thread: together they
    take about 100 ms, which would be a fifth of the server's start.
    """

    def __init__(self, endpoints: Sequence[Endpoint], public_url: str, *, is_dev: bool) -> None:
        self._endpoints = endpoints
        self._public_url = public_url
        self._is_dev = is_dev

    @cached_property
    def _document(self) -> bytes:
        return msgspec.json.encode(openapi_document(self._endpoints, self._public_url))

    @cached_property
    def _reference(self) -> str:
        return render_reference(msgspec.json.decode(self._document))

    @cached_property
    def _home(self) -> str:
        return render_home(__version__, self._is_dev)

    async def home(self, request: Request) -> Response:
        return page(self._home, with_headers=headers.DEVELOPER_PAGE)

    async def openapi(self, request: Request) -> Response:
        document = await asyncio.to_thread(lambda: self._document)
        return Response(document, media_type="application/json")

    async def reference(self, request: Request) -> Response:
        reference = await asyncio.to_thread(lambda: self._reference)
        return page(reference, with_headers=headers.DEVELOPER_PAGE)

    async def static(self, request: Request) -> Response:
        found = asset(request.path_params["name"])
        if found is None:
            raise NotFound
        return Response(
            found.body, headers=dict(headers.STATIC_FILE), media_type=found.content_type
        )
