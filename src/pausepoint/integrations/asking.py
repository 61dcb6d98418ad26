"""Ask one recipient several questions at once, and resume a saved run without asking again.

Models and their servers may restart the numbering of tool calls in every turn (`call_0`), so a framework's call
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
    calls,
)
from pausepoint.client.protocol import Steps
from pausepoint.client.retrying import RetryPolicy

R_co = TypeVar("R_co", covariant=True)


class Recipient(msgspec.Struct, frozen=True):
    """The person who is asked. `timeout` is 24 hours unless given."""

    address: str
    channel: str | None = None
    timeout: timedelta | None = None

    def __repr__(self) -> str:
        return "Recipient()"


class Question(Protocol[R_co]):
    """Something that an agent stopped for, and the framework's result afterwards."""

    @property
    def ids(self) -> Sequence[str] | None:
        """The identifiers of this stop in the run's saved state; None if the run is not saved."""

    def question_fields(self) -> dict[str, Any]:
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

    Before it raises, it cancels the questions that no saved run will ask for again.
    `is_restored`: the questions come from the run's saved state, so a pause that this run created
    before, answered or not, is used. Otherwise such a pause belongs to an earlier call, and the
    person is asked again.
    """
    driver = pausepoint._driver
    return driver.run(_answers(driver.policy, recipient, questions, is_restored))


async def answers_async(
    pausepoint: AsyncPausePoint,
    recipient: Recipient,
    questions: Sequence[Question[R_co]],
    *,
    is_restored: bool = False,
) -> list[R_co]:
    """As `answers`."""
    driver = pausepoint._driver
    return await driver.run(_answers(driver.policy, recipient, questions, is_restored))


def _answers(
    policy: RetryPolicy,
    recipient: Recipient,
    questions: Sequence[Question[R_co]],
    is_restored: bool,
) -> Steps[list[R_co]]:
    pauses: list[Pause | NotShowable] = []
    unsaved: set[str] = set()
    replies: list[R_co] = []
    try:
        for one in _requests(recipient, questions):
            if isinstance(one, NotShowable):
                pauses.append(one)
                continue
            key = one.pop("idempotency_key", None)
            pause = yield from calls.create(policy, **one, idempotency_key=key)
            if key is not None and pause.is_replay and not is_restored:
                key = None
                pause = yield from calls.create(policy, **one)
            if key is None:
                unsaved.add(pause.pause_id)
            pauses.append(pause)
        for question, sent in zip(questions, pauses, strict=True):
            try:
                answer = yield from calls.wait(policy, _raise_if_not_showable(sent).pause_id)
                replies.append(question.answered(answer))
            except (Unanswered, NotShowable) as error:
                replies.append(question.unanswered(error))
    except PausePointError:
        for sent in pauses[len(replies) :]:
            if isinstance(sent, Pause) and sent.pause_id in unsaved:
                with suppress(PausePointError):
                    yield from calls.cancel(policy, sent.pause_id)
        raise
    return replies


def open_client(pausepoint: PausePoint | None) -> AbstractContextManager[PausePoint]:
    """The caller's client, which stays open; else one with the environment's settings."""
    return PausePoint() if pausepoint is None else nullcontext(pausepoint)


def opened_async(
    pausepoint: AsyncPausePoint | None,
) -> AbstractAsyncContextManager[AsyncPausePoint]:
    """As `open_client`."""
    return AsyncPausePoint() if pausepoint is None else nullcontext(pausepoint)


def _raise_if_not_showable(pause: Pause | NotShowable) -> Pause:
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
            asked = question.question_fields()
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


def _key(ids: Sequence[str], request: dict[str, Any]) -> str:
    """Includes the question: a changed question never gets the answer to the earlier one."""
    content = msgspec.json.encode([list(ids), request], order="sorted")
    return hashlib.sha256(content).hexdigest()
