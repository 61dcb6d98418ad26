"""The pages on which a person agrees to be asked, mutes an account's agents, or reports them.

GET shows and POST acts, as everywhere: a scanner that follows the link has agreed to nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias
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
)
from pausepoint.domain.recipients import MuteReason
from pausepoint.operations.contacts import mask_recipient
from pausepoint.operations.opt_out import (
    Person,
    agree,
    mute,
    person_of_confirmation,
    person_of_mute_link,
    person_of_question,
    unmute,
)
from pausepoint.operations.services import Services
from pausepoint.web.access_control import AccessControl
from pausepoint.web.body import read_body
from pausepoint.web.pages import headers
from pausepoint.web.pages.answers import page, too_often
from pausepoint.web.pages.rendering import render
from pausepoint.web.pages.respond import render_problem, render_unknown_link
from pausepoint.web.same_site import check_same_site

Find: TypeAlias = Callable[[Services, str], Awaitable[Person]]

FORM_LIMIT: Final = 1024


class ConsentPage:
    """`/confirm/{token}`, `/respond/{token}/mute` and `/mute/{token}`: all show how the person stands,
    and change it. `wish` is what a POST without a form means.
    """

    def __init__(
        self,
        services: Services,
        access_control: AccessControl,
        find: Find,
        enter: Callable[[AccessControl, Request], None],
        wish: str = "",
    ) -> None:
        self._wish = wish
        self._services = services
        self._access_control = access_control
        self._find = find
        self._enter = enter

    async def get(self, request: Request) -> Response:
        try:
            self._enter(self._access_control, request)
            person = await self._find(self._services, request.path_params["token"])
        except RateLimited as error:
            return too_often(error)
        except TokenInvalid as error:
            return page(render_unknown_link(), error.status)
        except (TokenUsed, TokenExpired, PauseCancelled) as error:
            return page(_ended(), error.status)
        return page(render_consent(self._services, person, request.url.path))

    async def post(self, request: Request) -> Response:
        try:
            self._enter(self._access_control, request)
            check_same_site(request, self._services.policy.public_url)
            wish = await _wish(request, self._wish)
            person = await self._find(self._services, request.path_params["token"])
            await _fulfil(self._services, person, wish)
        except RateLimited as error:
            return too_often(error)
        except TokenInvalid as error:
            return page(render_unknown_link(), error.status)
        except (TokenUsed, TokenExpired, PauseCancelled) as error:
            return page(_ended(), error.status)
        except PausePointError as error:
            return page(render_problem("This was not taken", error.message), error.status)
        return RedirectResponse(request.url.path, 303, headers.RESPONSE_PAGE)


def confirm_page(services: Services, access_control: AccessControl) -> ConsentPage:
    return ConsentPage(services, access_control, person_of_confirmation, AccessControl.by_address)


def mute_page(services: Services, access_control: AccessControl) -> ConsentPage:
    return ConsentPage(services, access_control, person_of_question, AccessControl.by_link, "mute")


def mail_mute_page(services: Services, access_control: AccessControl) -> ConsentPage:
    """Where the mute link of a mail and its `List-Unsubscribe` lead."""
    return ConsentPage(
        services, access_control, person_of_mute_link, AccessControl.by_address, "mute"
    )


def render_consent(services: Services, person: Person, path: str) -> str:
    """How the person stands with this account's agents, and what they can do about it."""
    recipient = person.recipient
    state = "asked" if recipient is not None else "open"
    if recipient is not None and recipient.verified_at is not None:
        state = "agreed"
    if person.mute is not None:
        state = person.mute.reason.value
    return render(
        "consent.html",
        state=state,
        sender=person.sender,
        address=mask_recipient(services, person.contact),
        how=services.channels[person.contact.channel].reached_by,
        path=path,
        question=path.removesuffix("/mute") if path.endswith("/mute") else None,
        silence=person.silence,
    )


def _ended() -> str:
    return render_problem(
        "This question has ended",
        "Its link can do nothing more. To mute the agent, use the link at the end of its e-mail, "
        "or the link in its next message.",
    )


async def _fulfil(services: Services, person: Person, wish: str) -> None:
    match wish:
        case "agree" if person.recipient is not None:
            await agree(services, person)
        case "mute":
            await mute(services, person, MuteReason.MUTED)
        case "report":
            await mute(services, person, MuteReason.REPORTED)
        case "undo":
            await unmute(services, person)
        case _:
            raise InvalidChoice("This could not be read. Go back and choose again.")


async def _wish(request: Request, without_form: str) -> str:
    raw = await read_body(request, FORM_LIMIT)
    if not raw:
        return without_form
    try:
        fields = parse_qs(raw.decode("ascii"), max_num_fields=5, errors="strict")
    except ValueError:
        return ""
    return fields.get("wish", [""])[-1]
