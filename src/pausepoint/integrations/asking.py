"""Ask one recipient several questions at once, and resume a saved run without asking again.

Models and their servers may number tool calls anew in every turn (`call_0`), so a framework's call
id never identifies a question. An idempotency key names the saved run and the stop within it; a
question of a run that is not saved has a key of its own.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, nullcontext, suppress
from datetime import timedelta
from typing import Any, Protocol, TypeVar

import msgspec

from pausepoint.client import (
    Answer,
    AsyncPausePoint,
    NotShowable,
    Pause,
    PausePoint,
    PausePointError,
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
    def ids(self) -> Sequence[str] | None:
        """What identifies this stop of the run in its saved state; None if the run is not saved."""

    def asked(self) -> dict[str, Any]:
        """`message`, `options` and more of `create`. Raises NotShowable."""

    def answered(self, answer: Answer) -> R_co: ...

    def unanswered(self, error: Unanswered | NotShowable) -> R_co:
        """May raise the error."""


def answers(
    pausepoint: PausePoint,
    recipient: Recipient,
    questions: Sequence[Question[R_co]],
    *,
    is_restored: bool = False,
) -> list[R_co]:
    """Send all questions, then wait for all answers. Raises what `create` and `wait` raise.

    Before it raises, the questions of a run that is not saved are canceled: nothing waits for them.
    `is_restored`: the questions come from the run's saved state, so a pause that this run created
    before, answered or not, is used. Otherwise such a pause belongs to an earlier call, and the
    person is asked again.
    """
    requests = _requests(recipient, questions)
    pauses: list[Pause | NotShowable] = []
    replies: list[R_co] = []
    try:
        for one in requests:
            if isinstance(one, NotShowable):
                pauses.append(one)
                continue
            pause = pausepoint.create(**one)
            if pause.is_replay and not is_restored and "idempotency_key" in one:
                pause = pausepoint.create(**_without_key(one))
            pauses.append(pause)
        for question, sent in zip(questions, pauses, strict=True):
            try:
                replies.append(question.answered(pausepoint.wait(_asked(sent).pause_id)))
            except (Unanswered, NotShowable) as error:
                replies.append(question.unanswered(error))
    except PausePointError:
        for pause_id in _pending(requests, pauses, len(replies)):
            with suppress(PausePointError):
                pausepoint.cancel(pause_id)
        raise
    return replies


async def answers_async(
    pausepoint: AsyncPausePoint,
    recipient: Recipient,
    questions: Sequence[Question[R_co]],
    *,
    is_restored: bool = False,
) -> list[R_co]:
    """As `answers`."""
    requests = _requests(recipient, questions)
    pauses: list[Pause | NotShowable] = []
    replies: list[R_co] = []
    try:
        for one in requests:
            if isinstance(one, NotShowable):
                pauses.append(one)
                continue
            pause = await pausepoint.create(**one)
            if pause.is_replay and not is_restored and "idempotency_key" in one:
                pause = await pausepoint.create(**_without_key(one))
            pauses.append(pause)
        for question, sent in zip(questions, pauses, strict=True):
            try:
                replies.append(question.answered(await pausepoint.wait(_asked(sent).pause_id)))
            except (Unanswered, NotShowable) as error:
                replies.append(question.unanswered(error))
    except PausePointError:
        for pause_id in _pending(requests, pauses, len(replies)):
            with suppress(PausePointError):
                await pausepoint.cancel(pause_id)
        raise
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


def _requests(
    recipient: Recipient, questions: Sequence[Question[Any]]
) -> list[dict[str, Any] | NotShowable]:
    """The arguments of `create` for each question; one that cannot be shown is not sent."""
    requests: list[dict[str, Any] | NotShowable] = []
    keys: Counter[str] = Counter()
    for question in questions:
        try:
            asked = question.asked()
        except NotShowable as error:
            requests.append(error)
            continue
        request = {
            **asked,
            "recipient": recipient.address,
            "channel": recipient.channel,
            "timeout": recipient.timeout,
        }
        if question.ids is not None:
            key = _key(question.ids, request)
            keys[key] += 1
            # Two calls of one turn may be equal down to their ids: each is a question.
            request["idempotency_key"] = f"{key}-{keys[key]}"
        requests.append(request)
    return requests


def _pending(
    requests: Sequence[dict[str, Any] | NotShowable],
    pauses: Sequence[Pause | NotShowable],
    answered: int,
) -> list[str]:
    """The pauses after the first `answered` ones, but for a saved run's: that asks for them again."""
    return [
        pause.pause_id
        for one, pause in list(zip(requests, pauses, strict=False))[answered:]
        if isinstance(one, dict) and isinstance(pause, Pause) and "idempotency_key" not in one
    ]


def _without_key(request: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in request.items() if name != "idempotency_key"}


def _key(ids: Sequence[str], request: dict[str, Any]) -> str:
    """Includes the question: a changed question never gets the answer to the earlier one."""
    content = msgspec.json.encode([list(ids), request], order="sorted")
    return hashlib.sha256(content).hexdigest()
