"""The response page's routes: a GET shows the question or what became of it, only a POST decides."""

from __future__ import annotations

from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pausepoint.domain.errors import (
    InvalidChoice,
    PauseCancelled,
    PausePointError,
    RateLimited,
    TokenExpired,
    TokenInvalid,
    TokenUsed,
    ValidationFailed,
)
from pausepoint.operations.respond_to_pause import AskedPause, find_question, respond_to_pause
from pausepoint.operations.services import Services
from pausepoint.web.access_control import AccessControl
from pausepoint.web.body import read_body
from pausepoint.web.endpoint import BODY_LIMIT
from pausepoint.web.pages import headers
from pausepoint.web.pages.answers import page, too_often
from pausepoint.web.pages.respond import (
    render_outcome,
    render_problem,
    render_question,
    render_unknown_link,
)
from pausepoint.web.same_site import check_same_site


class ResponsePage:
    """GET and POST /respond/{token}: what a person sees and presses."""

    def __init__(self, services: Services, access_control: AccessControl) -> None:
        self._services = services
        self._access_control = access_control

    async def get(self, request: Request) -> Response:
        try:
            self._access_control.by_link(request)
        except RateLimited as error:
            return too_often(error)
        try:
            question = await find_question(self._services, request.path_params["token"])
        except TokenInvalid as error:
            return page(render_unknown_link(), error.status)
        return page(self._render(request, question, chosen=_preselected(request, question)))

    async def post(self, request: Request) -> Response:
        token = request.path_params["token"]
        choice, text = "", ""
        try:
            self._access_control.by_link(request)
        except RateLimited as error:
            return too_often(error)
        try:
            check_same_site(request, self._services.policy.public_url)
            choice, text = await _form(request)
            await respond_to_pause(self._services, token, choice, text)
        except TokenInvalid as error:
            return page(render_unknown_link(), error.status)
        except (TokenUsed, TokenExpired, PauseCancelled) as error:
            return await self._too_late(request, error, choice)
        except (InvalidChoice, ValidationFailed) as error:
            return await self._once_more(request, error, text)
        except PausePointError as error:
            return page(render_problem("Your answer was not taken", error.message), error.status)
        return RedirectResponse(request.url.path, 303, headers.RESPONSE_PAGE)

    async def _once_more(
        self, request: Request, error: InvalidChoice | ValidationFailed, note: str
    ) -> Response:
        try:
            question = await find_question(self._services, request.path_params["token"])
        except TokenInvalid as unknown:
            return page(render_unknown_link(), unknown.status)
        shown = self._render(request, question, error=_sentence(error), note=note)
        return page(shown, error.status)

    async def _too_late(self, request: Request, error: PausePointError, choice: str) -> Response:
        question = await find_question(self._services, request.path_params["token"])
        if isinstance(error, TokenUsed) and question.pause.choice == choice:
            return RedirectResponse(request.url.path, 303, headers.RESPONSE_PAGE)
        now = self._services.clock.now()
        return page(
            render_outcome(
                question.pause,
                question.sender,
                now,
                is_refused=True,
                is_default_withheld=question.is_default_withheld,
            ),
            error.status,
        )

    def _render(
        self,
        request: Request,
        question: AskedPause,
        *,
        chosen: int | None = None,
        error: str | None = None,
        note: str = "",
    ) -> str:
        pause, now = question.pause, self._services.clock.now()
        return render_question(
            pause,
            question.sender,
            now,
            path=request.url.path,
            chosen=chosen,
            error=error,
            note=note,
            is_default_withheld=question.is_default_withheld,
        )


def _preselected(request: Request, question: AskedPause) -> int | None:
    """`?o=2` is the second option; anything else chooses nothing."""
    given = request.query_params.get("o", "")
    options = question.pause.content.options if question.pause.content else ()
    if given.isascii() and given.isdigit() and 1 <= int(given[:3]) <= len(options):
        return int(given[:3]) - 1
    return None


async def _form(request: Request) -> tuple[str, str]:
    raw = await read_body(request, BODY_LIMIT)
    try:
        fields = parse_qs(
            raw.decode("ascii"), keep_blank_values=True, max_num_fields=20, errors="strict"
        )
    except ValueError:
        raise InvalidChoice("This answer could not be read. Choose again.") from None
    # A browser sends a note's line breaks as CR LF (HTML, form submission); one is one character.
    text = fields.get("text", [""])[-1].replace("\r\n", "\n")
    return fields.get("choice", [""])[-1], text


def _sentence(error: PausePointError) -> str:
    if isinstance(error, ValidationFailed):
        return " ".join(message for _, message in error.detail)
    return "Choose one of the answers below."
