"""The dev inbox's routes: the page, what is new, and a mail's HTML in its frame."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pausepoint.domain.pause import Pause
from pausepoint.operations.services import Services
from pausepoint.web.answers import JsonResponse
from pausepoint.web.pages import headers
from pausepoint.web.pages.answers import page
from pausepoint.web.pages.dev_inbox import (
    InboxMessage,
    inbox_update,
    mail_preview,
    render_inbox,
)
from pausepoint.web.request_errors import NotFound
from pausepoint.web.routes import RequestHandler
from pausepoint.web.same_site import check_same_site

HOLD_SECONDS = 2.0
"""How long a question for news is held; the states shown are at most this old."""


SEARCH_LIMIT = 200


class InboxSource(Protocol):
    """The messages that were kept; see channels/dev_inbox.py."""

    def clear(self) -> None: ...

    def messages(self, after: int = 0) -> Sequence[InboxMessage]: ...

    async def wait_for_news(self, after: int) -> None: ...


class InboxPages:
    """`example_key` is the test key for the page's curl command, where it is still known."""

    def __init__(self, services: Services, inbox: InboxSource, example_key: str | None) -> None:
        self._services = services
        self._inbox = inbox
        self._example_key = example_key

    def routes(self) -> dict[str, dict[str, RequestHandler]]:
        return {
            "/dev/inbox": {"GET": self.show},
            "/dev/inbox/clear": {"POST": self.clear},
            "/dev/inbox/messages": {"GET": self.news},
            "/dev/inbox/mail/{number}": {"GET": self.mail},
        }

    async def show(self, request: Request) -> Response:
        messages = self._inbox.messages()
        now = self._services.clock.now()
        search = request.query_params.get("q", "")[:SEARCH_LIMIT].strip()
        states = await self._states(messages)
        html = render_inbox(messages, states, now, curl=self._curl(), search=search)
        return page(html, with_headers=headers.DEV_INBOX)

    async def clear(self, request: Request) -> Response:
        """Forget the messages; their questions stay as they are."""
        check_same_site(request, self._services.policy.public_url)
        self._inbox.clear()
        return RedirectResponse("/dev/inbox", 303, headers=headers.DEV_INBOX)

    async def news(self, request: Request) -> Response:
        after = _number(request.query_params.get("after", "0"))
        try:
            async with asyncio.timeout(HOLD_SECONDS):
                await self._inbox.wait_for_news(after)
        except TimeoutError:
            pass
        messages = self._inbox.messages()
        states = await self._states(messages)
        now = self._services.clock.now()
        answer = JsonResponse(inbox_update(messages, states, now, after=after))
        answer.headers.update(headers.DEV_INBOX)
        return answer

    async def mail(self, request: Request) -> Response:
        number = _number(request.path_params["number"])
        for entry in self._inbox.messages(number - 1):
            if entry.number == number and entry.preview.document is not None:
                document = mail_preview(entry.preview.document)
                return page(document, with_headers=headers.MAIL_PREVIEW)
        raise NotFound

    async def _states(self, messages: Sequence[InboxMessage]) -> dict[str, Pause]:
        found: dict[str, Pause] = {}
        for entry in messages:
            pause_id = entry.notification.pause_id
            if pause_id not in found and (pause := await self._services.store.pause(pause_id)):
                found[pause_id] = pause
        return found

    def _curl(self) -> str:
        key = self._example_key or "$PAUSEPOINT_API_KEY"
        return (
            f"curl {self._services.policy.public_url}/v1/pause \\\n"
            f'  -H "Authorization: Bearer {key}" \\\n'
            "  -H 'Content-Type: application/json' \\\n"
            '  -d \'{"recipient": "+15550100199", "channel": "sms",'
            ' "message": "Delete 500 records?", "options": ["Delete", "Keep"]}\''
        )


def _number(text: str) -> int:
    return int(text[:15]) if text.isascii() and text.isdigit() else 0
