"""Answers messages on the server's event loop as the test has instructed."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Final

from pausepoint.channels.dev_inbox import DevInbox
from pausepoint.domain.account import Principal
from pausepoint.domain.errors import (
    AlreadyCancelled,
    AlreadyResponded,
    AlreadyTimedOut,
    InvalidChoice,
    PauseCancelled,
    PausePointError,
    TokenExpired,
    TokenUsed,
    ValidationFailed,
)
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import PauseStatus
from pausepoint.domain.record import record
from pausepoint.domain.simulated_people import simulated_person
from pausepoint.domain.time import to_datetime
from pausepoint.operations.cancel_pause import cancel_pause
from pausepoint.operations.respond_to_pause import respond_to_pause
from pausepoint.operations.services import Services
from pausepoint.operations.time_out_pauses import settled_pause
from pausepoint.testing.questions import AskedQuestion

WITHDRAWN_AT_ONCE: Final = 100
TOO_LATE: Final = (TokenUsed, PauseCancelled, TokenExpired)


@record(frozen=True, slots=True)
class Said:
    """An instruction for one question; without a `choice` the deadline passes."""

    choice: str | None = None
    text: str | None = None

    def __str__(self) -> str:
        return "stay silent" if self.choice is None else f"answer {self.choice!r}"


class Answering:
    """`said` waits for questions, `open` are questions that wait; one of both is always empty."""

    def __init__(
        self,
        services: Services,
        inbox: DevInbox,
        advance: Callable[[timedelta], Awaitable[None]],
        patience: timedelta,
    ) -> None:
        self._services = services
        self._inbox = inbox
        self._advance = advance
        self._patience = patience
        self._turn = asyncio.Lock()
        self._news = asyncio.Condition()
        self._alarms: dict[str, asyncio.Task[None]] = {}
        self.said: deque[Said] = deque()
        self.open: list[AskedQuestion] = []
        self.asked: list[AskedQuestion] = []
        self._problems: list[str] = []

    @property
    def problems(self) -> list[str]:
        """Return the errors so far, and the instructions that no question used."""
        never = [f"The person was to {said} and was not asked." for said in self.said]
        return [*self._problems, *never]

    async def run(self) -> None:
        """Answer messages until cancelled."""
        number = 0
        try:
            while True:
                await self._inbox.wait_for_news(number)
                for message in self._inbox.messages(after=number):
                    number = message.number
                    if simulated_person(message.notification.recipient) is None:
                        await self._take(AskedQuestion.of(message))
        finally:
            for alarm in self._alarms.values():
                alarm.cancel()
            await asyncio.gather(*self._alarms.values(), return_exceptions=True)

    async def say(self, said: Said) -> None:
        """Answer the newest open question, or else the next one. Raises AssertionError."""
        async with self._turn:
            while (question := await self._newest()) is not None:
                try:
                    await self._do(said, question)
                except TOO_LATE:
                    continue
                except (InvalidChoice, ValidationFailed) as error:
                    self.open.append(question)
                    raise AssertionError(_wrong(said, question, error)) from None
                return
            self.said.append(said)

    async def nth(self, count: int, within: timedelta) -> AskedQuestion:
        """Return the message with that index, from 0. Raises TimeoutError."""
        async with asyncio.timeout(within.total_seconds()), self._news:
            await self._news.wait_for(lambda: len(self.asked) > count)
        return self.asked[count]

    async def has_open(self) -> bool:
        async with self._turn:
            question = await self._newest()
            if question is not None:
                self.open.append(question)
            return question is not None

    async def withdraw_all(self, developer_id: str) -> None:
        """Cancel the open questions, so that no agent polls a server that is gone."""
        for mode in Mode:
            owner = Principal("", developer_id, mode, "")
            waiting = (developer_id, mode, PauseStatus.PENDING, WITHDRAWN_AT_ONCE, 0)
            while pauses := await self._services.store.pauses(*waiting):
                for pause in pauses:
                    with suppress(AlreadyResponded, AlreadyCancelled, AlreadyTimedOut):
                        await cancel_pause(self._services, owner, pause.pause_id)

    async def _take(self, question: AskedQuestion) -> None:
        is_new = all(question.pause_id != earlier.pause_id for earlier in self.asked)
        async with self._turn:
            if is_new:
                await self._meet(question)
        async with self._news:
            self.asked.append(question)
            self._news.notify_all()

    async def _meet(self, question: AskedQuestion) -> None:
        if not self.said:
            self.open.append(question)
            alarm = asyncio.create_task(self._lose_patience(question))
            self._alarms[question.pause_id] = alarm
            return
        said = self.said.popleft()
        try:
            await self._do(said, question)
        except TOO_LATE:
            self.said.appendleft(said)
        except (InvalidChoice, ValidationFailed) as error:
            await self._give_up(question, _wrong(said, question, error))

    async def _do(self, said: Said, question: AskedQuestion) -> None:
        if said.choice is not None:
            await respond_to_pause(self._services, question.token, said.choice, said.text)
            return
        pause = await settled_pause(self._services, question.pause_id)
        if pause is None or pause.status.is_final:
            raise TokenExpired
        left = to_datetime(pause.expires_at) - to_datetime(self._services.clock.now())
        await self._advance(max(left, timedelta()))

    async def _newest(self) -> AskedQuestion | None:
        while self.open:
            question = self.open.pop()
            pause = await settled_pause(self._services, question.pause_id)
            if pause is not None and not pause.status.is_final:
                return question
        return None

    async def _lose_patience(self, question: AskedQuestion) -> None:
        await asyncio.sleep(self._patience.total_seconds())
        async with self._turn:
            if question in self.open:
                self.open.remove(question)
                seconds = f"{self._patience.total_seconds():g}"
                await self._give_up(
                    question,
                    f"The person was asked {question} and for {seconds} s nobody said what they do."
                    " Say it before the agent asks: person.answers(…) or person.stays_silent().",
                )

    async def _give_up(self, question: AskedQuestion, problem: str) -> None:
        """Cancel a question that could not be answered, so that its agent does not wait for ever."""
        pause = await self._services.store.pause(question.pause_id)
        if pause is None:
            return
        owner = Principal("", pause.developer_id, pause.mode, "")
        try:
            await cancel_pause(self._services, owner, question.pause_id)
        except (AlreadyResponded, AlreadyCancelled, AlreadyTimedOut):
            return
        self._problems.append(problem)


def _wrong(said: Said, question: AskedQuestion, error: PausePointError) -> str:
    why = error.detail[0][1] if isinstance(error, ValidationFailed) else error.message
    return f"The person was to {said} and was asked {question}. {why}"
