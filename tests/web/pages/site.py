"""The pages on 127.0.0.1: the real render functions, files and headers behind a tiny app."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from pausepoint.domain.pause import Pause
from pausepoint.web.pages import headers
from pausepoint.web.pages.api_reference import render_reference
from pausepoint.web.pages.assets import asset
from pausepoint.web.pages.dev_inbox import inbox_update, mail_preview, render_inbox
from pausepoint.web.pages.home import render_home
from pausepoint.web.pages.respond import render_outcome, render_question, render_unknown_link
from tests.web.pages.samples import ANSWERED, NOW, OPENAPI, FakeMessage

CURL = "curl http://127.0.0.1:8000/v1/pause \\\n  -H 'Authorization: Bearer pp_test_0'"


@dataclass
class Site:
    """What the tests put into it and what people posted."""

    questions: dict[str, Pause]
    posted: list[dict[str, str]] = field(default_factory=list)
    messages: list[FakeMessage] = field(default_factory=list)
    states: dict[str, Pause] = field(default_factory=dict)
    origin: str = ""

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/", self.home),
                Route("/docs", self.docs),
                Route("/static/{name}", self.static),
                Route("/respond/{name}", self.respond, methods=["GET", "POST"]),
                Route("/dev/inbox", self.inbox),
                Route("/dev/inbox/messages", self.news),
                Route("/dev/inbox/mail/{number:int}", self.mail),
            ]
        )

    async def static(self, request: Request) -> Response:
        found = asset(request.path_params["name"])
        if found is None:
            return Response(status_code=404)
        return Response(found.body, media_type=found.content_type, headers=headers.STATIC_FILE)

    async def respond(self, request: Request) -> Response:
        name = request.path_params["name"]
        if request.method == "POST":
            form = (await request.body()).decode()
            self.posted.append(dict(parse_qsl(form, keep_blank_values=True)))
            return RedirectResponse("/respond/answered", 303)
        chosen = request.query_params.get("o")
        if name == "answered":
            page = render_outcome(ANSWERED, "Acme", NOW)
        elif name in self.questions:
            page = render_question(
                self.questions[name],
                "Acme",
                NOW,
                path=f"/respond/{name}",
                chosen=int(chosen) - 1 if chosen else None,
            )
        else:
            page = render_unknown_link()
        return HTMLResponse(page, headers=headers.RESPONSE_PAGE)

    async def home(self, request: Request) -> Response:
        return HTMLResponse(render_home("0.1.0", is_dev=True), headers=headers.DEVELOPER_PAGE)

    async def docs(self, request: Request) -> Response:
        return HTMLResponse(render_reference(OPENAPI), headers=headers.DEVELOPER_PAGE)

    async def inbox(self, request: Request) -> Response:
        page = render_inbox(self.messages, self.states, NOW, curl=CURL)
        return HTMLResponse(page, headers=headers.DEV_INBOX)

    async def news(self, request: Request) -> Response:
        after = int(request.query_params["after"])
        return JSONResponse(inbox_update(self.messages, self.states, NOW, after=after))

    async def mail(self, request: Request) -> Response:
        number = request.path_params["number"]
        html = next(m.message.html for m in self.messages if m.number == number)  # type: ignore[union-attr]
        return HTMLResponse(mail_preview(html), headers=headers.MAIL_PREVIEW)


@contextmanager
def served(site: Site) -> Iterator[Site]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(site.app(), log_level="error", lifespan="off", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        site.origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        try:
            yield site
        finally:
            server.should_exit = True
            thread.join()
