"""The response page: one glance, one tap, no wrong tap. Pure functions from a pause to HTML."""

from __future__ import annotations

from typing import Final, NamedTuple

from pausepoint.domain.pause import TEXT_LIMIT, Content, Pause, PauseStatus
from pausepoint.domain.time import Instant
from pausepoint.security.display_safe import hides_something, mixes_directions
from pausepoint.web.pages.action import ShownAction, show_action
from pausepoint.web.pages.details import details_of
from pausepoint.web.pages.rendering import render

LINE: Final = 40
LONG: Final = 1_500
"""Characters, a line's end as LINE of them: the answers of a longer question are some screens below."""


class Action(NamedTuple):
    """A link under a problem: what it says, and where it leads on this server."""

    label: str
    href: str


def render_question(
    pause: Pause,
    sender: str,
    now: Instant,
    *,
    path: str,
    chosen: int | None = None,
    error: str | None = None,
    note: str = "",
    is_default_withheld: bool = False,
) -> str:
    """The page of a question that waits.

    `path` is where the form posts; `chosen` the index of the option that a mail's button named;
    `error` is a sentence for the person, shown with the `note` they had typed;
    `is_default_withheld` says that silence would choose nothing: see time_out_pauses.
    """
    if pause.content is None or pause.status.is_final or pause.is_overdue(now):
        return render_outcome(pause, sender, now, is_default_withheld=is_default_withheld)
    options = pause.content.options
    is_known = chosen is not None and 0 <= chosen < len(options)
    return render(
        "respond.html",
        **_frame_values(pause.content),
        pause=pause,
        default=None if is_default_withheld else pause.timeout_default,
        sender=sender,
        now=now,
        path=path,
        options=options if not is_known else (),
        chosen=options[chosen] if is_known and chosen is not None else None,
        error=error,
        note=note,
        note_limit=TEXT_LIMIT,
    )


def render_outcome(
    pause: Pause,
    sender: str,
    now: Instant,
    *,
    is_refused: bool = False,
    is_default_withheld: bool = False,
) -> str:
    """The page of a question that has ended; an overdue one counts as timed out.

    It says what was answered and when, and nothing that the agent wrote beside that: the link is
    worth nothing now, and a later finder must not read the question. `is_refused` says that an answer was given just now and
    came too late or second; `is_default_withheld` matters where the deadline was not written down yet.
    """
    is_overdue = pause.is_overdue(now)
    choice = pause.choice
    if is_overdue and not is_default_withheld:
        choice = pause.timeout_default
    return render(
        "outcome.html",
        pause=pause,
        sender=sender,
        now=now,
        status=PauseStatus.TIMED_OUT.value if is_overdue else pause.status.value,
        choice=choice,
        note=pause.content.response_text if pause.content else None,
        is_refused=is_refused,
    )


def render_unknown_link() -> str:
    """The page for a link that was never ours, was cut short, or whose question is gone."""
    return render_problem(
        "This link leads to no question",
        "Open it again from the message itself, so that none of it is missing. "
        "If it still leads here, the question is gone and there is nothing to do.",
    )


def render_problem(title: str, sentence: str, action: Action | None = None) -> str:
    """What happened, then what can be done; `title` and `sentence` are ours, never an agent's."""
    return render("problem.html", title=title, sentence=sentence, action=action)


def _frame_values(content: Content) -> dict[str, object]:
    """The agent's words as the frame shows them."""
    rows = details_of(content.metadata)
    action = show_action(content.action) if content.action else None
    texts = (
        content.message,
        *content.options,
        *(text for row in rows for text in (row.key or "", row.text)),
        *(_words_of(action) if action else ()),
    )
    return {
        "action": action,
        "message": content.message,
        "details": rows,
        "has_hidden": any(map(hides_something, texts)),
        "mixes_directions": any(map(mixes_directions, texts)),
        "is_long": sum(len(text) + LINE * text.count("\n") for text in texts) > LONG,
    }


def _words_of(action: ShownAction) -> tuple[str, ...]:
    return (action.tool, *(f"{each.label or ''}\n{each.text}" for each in action.arguments))
