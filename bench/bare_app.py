"""The least that a Starlette app can do: a constant, as JSON."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def constant(request: Request) -> JSONResponse:
    return JSONResponse({"status": "pending"})


app = Starlette(routes=[Route("/", constant)])
