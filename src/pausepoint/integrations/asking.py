"""Several questions put to one recipient at once, each under a key made of the framework's own ids."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, nullcontext
from datetime import timedelta
from typing import Any, Protocol, TypeVar

import msgspec

from pausepoint.client import (
    Answer,
    AsyncPausePoint,
    NotShowable,
    Pause,
    PausePoint,
    Unanswered,
)

R_co = TypeVar("R_co", covariant=True)


class Recipient(msgspec.Struct, frozen=True):
    """Who is asked. `timeout` is 24 hours unless given."""

    address: str
    channel: str | None = None
    timeout: timedelta | None = None

    def __repr__(self) -> str:
        return "Recipient()"


class Question(Protocol[R_co]):
    """Something that an agent stopped for, and what the framework is told afterwards."""

    @property
    def ids(self) -> Sequence[str]:
        """The framework's own, which are the same when a killed program has been started again."""

    def asked(self) -> dict[str, Any]:
        """`message`, `options` and more of `create`. Raises NotShowable."""

    def answered(self, answer: Answer) -> R_co: ...

    def unanswered(self, error: Unanswered | NotShowable) -> R_co:
        """May raise the error."""


def answers(
    pausepoint: PausePoint, recipient: Recipient, questions: Sequence[Question[R_co]]
) -> list[R_co]:
    """Sends all of them, then waits for all. Raises what `create` and `wait` raise."""
    sent = [_sent(recipient, question) for question in questions]
    pauses = [one if isinstance(one, NotShowable) else pausepoint.create(**one) for one in sent]
    replies = []
    for question, pause in zip(questions, pauses, strict=True):
        try:
            replies.append(question.answered(pausepoint.wait(_asked(pause).pause_id)))
        except (Unanswered, NotShowable) as error:
            replies.append(question.unanswered(error))
    return replies


async def answers_async(
    pausepoint: AsyncPausePoint, recipient: Recipient, questions: Sequence[Question[R_co]]
) -> list[R_co]:
    """As `answers`."""
    sent = [_sent(recipient, question) for question in questions]
    pauses = [
        one if isinstance(one, NotShowable) else await pausepoint.create(**one) for one in sent
    ]
    replies = []
    for question, pause in zip(questions, pauses, strict=True):
        try:
            replies.append(question.answered(await pausepoint.wait(_asked(pause).pause_id)))
        except (Unanswered, NotShowable) as error:
            replies.append(question.unanswered(error))
    return replies


def opened(pausepoint: PausePoint | None) -> AbstractContextManager[PausePoint]:
    """The caller's client, which stays open; else one with the environment's settings."""
    return PausePoint() if pausepoint is None else nullcontext(pausepoint)


def opened_async(
    pausepoint: AsyncPausePoint | None,
) -> AbstractAsyncContextManager[AsyncPausePoint]:
    """As `opened`."""
    return AsyncPausePoint() if pausepoint is None else nullcontext(pausepoint)


def _asked(pause: Pause | NotShowable) -> Pause:
    if isinstance(pause, NotShowable):
        raise pause
    return pause


def _sent(recipient: Recipient, question: Question[Any]) -> dict[str, Any] | NotShowable:
    """The arguments of `create`; what cannot be shown goes to nobody."""
    try:
        asked = question.asked()
    except NotShowable as error:
        return error
    whole = {
        **asked,
        "recipient": recipient.address,
        "channel": recipient.channel,
        "timeout": recipient.timeout,
    }
    return {**whole, "idempotency_key": _key(question.ids, whole)}


def _key(ids: Sequence[str], whole: dict[str, Any]) -> str:
    """Also of the question itself: another question is never given this one's answer."""
    content = msgspec.json.encode([list(ids), whole], order="sorted")
    return hashlib.sha256(content).hexdigest()
