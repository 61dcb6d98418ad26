"""A stand-in for Slack's incoming webhooks: their answers, and their limits on Block Kit."""

from __future__ import annotations

import json
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tests.doubles.server import Served, until_gone

_TEXT_LIMITS = {"header": 150, "section": 3000}


class FakeSlack(Served):
    """`answer` is (status, body, headers) for the next posts, None for what Slack would say.

    `posts` holds the payloads that were accepted.
    """

    def __init__(self) -> None:
        self.posts: list[dict[str, Any]] = []
        self.answer: tuple[int, str, dict[str, str]] | None = None
        self.is_silent = False
        super().__init__(
            Starlette(routes=[Route("/services/{path:path}", self._post, methods=["POST"])])
        )

    @property
    def webhook_url(self) -> str:
        return f"{self.base_url}/services/T000/B000/secret"

    async def _post(self, request: Request) -> Response:
        if request.path_params["path"] != "T000/B000/secret":
            return PlainTextResponse("no_service", 404)
        if self.is_silent:
            await until_gone(request)
        if self.answer is not None:
            status, body, headers = self.answer
            return PlainTextResponse(body, status, headers)
        payload = json.loads(await request.body())
        if problem := invalid(payload):
            return PlainTextResponse(problem, 400)
        self.posts.append(payload)
        return PlainTextResponse("ok")


def invalid(payload: dict[str, Any]) -> str | None:
    """Slack's word for what is wrong with a payload, as its Block Kit reference has the limits."""
    blocks = payload.get("blocks", [])
    if not payload.get("text") or len(blocks) > 50:
        return "invalid_payload"
    for block in blocks:
        text = block["text"]
        length = len(text["text"].encode("utf-16-le")) // 2
        if not 1 <= length <= _TEXT_LIMITS.get(block["type"], 0):
            return "invalid_blocks"
        if block["type"] == "header" and text["type"] != "plain_text":
            return "invalid_blocks"
    return None
