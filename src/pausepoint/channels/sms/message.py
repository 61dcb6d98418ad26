"""The text of an SMS: the question and the link in as few segments as it takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pausepoint.channels.base import Notification
from pausepoint.channels.sms import gsm7
from pausepoint.domain.words import absolute
from pausepoint.security.display_safe import cut_to_fit, display_safe, quote

_TWILIO_BODY_LIMIT: Final = 1600
_NAME_LIMIT: Final = 60
_OPTION_LIMIT: Final = 120
_LEAST_SHOWN: Final = 40
"""Of a question, before our lines are cut short."""

_ELLIPSIS: Final = "..."  # "…" is not in GSM-7


@dataclass(frozen=True, slots=True)
class Sms:
    """`to` is E.164; `encoding` and `segments` are what `body` takes."""

    to: str
    body: str
    encoding: gsm7.Encoding
    segments: int


def render_sms(notification: Notification, max_segments: int) -> Sms:
    """The whole question if it fits, else its beginning; the link is never cut.

    Between them stand lines of ours, so that nothing of the agent's is below the link. Where
    the segments run out, the account's name is left out first, then the deadline, and only then
    is the question cut. That the agent wrote it, and what silence means, always stay.
    """

    def fits(body: str) -> bool:
        is_short = len(body) <= _TWILIO_BODY_LIMIT
        return is_short and gsm7.measure(body).segments <= max_segments

    text, url = display_safe(notification.message).strip(), notification.respond_url
    if notification.is_reminder:
        text = f"Reminder: {text}"

    def body(beginning: str, ours: str) -> str:
        return gsm7.fold(f"[PausePoint] {beginning}\n\n{ours}Respond here: {url}")

    variants = [""] if notification.is_confirmation else _our_lines(notification)
    *_, short, shortest = ("", *variants)
    ours = next((each for each in variants if fits(body(text, each))), None)
    if ours is None:
        ours = short if fits(body(text[:_LEAST_SHOWN], short)) else shortest
    fitting = body(cut_to_fit(text, lambda beginning: fits(body(beginning, ours)), _ELLIPSIS), ours)
    size = gsm7.measure(fitting)
    return Sms(notification.recipient, fitting, size.encoding, size.segments)


def _our_lines(notification: Notification) -> list[str]:
    """Return the lines of sender, deadline and time-out default, from complete to shortest."""
    default = notification.timeout_default
    account = f"The text above is by an AI agent of {quote(notification.sender, _NAME_LIMIT)}."
    agent = "The text above is by an AI agent."
    deadline = f"Answer by {absolute(notification.expires_at, notification.created_at)}."
    if default is None:
        silence, short = f"{deadline} If you don't, the agent is told so.", ""
    else:
        short = f"If you don't answer, {quote(default, _OPTION_LIMIT)} is chosen."
        silence = f"{deadline} {short}"
    shortest = "" if default is None else f" No answer: {quote(default, _OPTION_LIMIT)}."
    variants = [
        (account, silence),
        (agent, silence),
        (agent, short),
        (f"By an AI agent.{shortest}",),
    ]
    return ["\n".join(filter(None, lines)) + "\n\n" for lines in variants]
