"""The person's answer: who is first wins, and everybody else is told the truth."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from pausepoint.domain.errors import (
    AlreadyCancelled,
    AlreadyResponded,
    AlreadyTimedOut,
    InvalidChoice,
    PauseCancelled,
    PauseNotFound,
    PausePointError,
    TokenExpired,
    TokenInvalid,
    TokenUsed,
    ValidationFailed,
)
from pausepoint.domain.ids import PAUSE, new_id
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Pause
from pausepoint.operations.cancel_pause import cancel_pause
from pausepoint.operations.respond_to_pause import (
    find_question,
    respond_to_pause,
    respond_url,
)
from pausepoint.operations.time_out_pauses import time_out_pauses
from tests.harness import World

pytestmark = pytest.mark.anyio


def token_of(world: World, pause: Pause) -> str:
    return respond_url(world.services, pause).rpartition("/")[2]


async def test_an_answer_is_written_with_its_audit_entry(world: World) -> None:
    pause = await world.ask(allow_text_response=True)
    answered = await respond_to_pause(
        world.services, token_of(world, pause), "Reject", "wrong vendor"
    )

    assert answered == await world.pause(pause.pause_id)
    assert (answered.choice, answered.resolved_by) == ("Reject", "human")
    assert await world.audit(pause.pause_id) == ["pause.created", "pause.responded"]


async def test_a_second_answer_is_told_that_it_is_second(world: World) -> None:
    pause = await world.ask()
    await respond_to_pause(world.services, token_of(world, pause), "Approve", None)

    with pytest.raises(TokenUsed):
        await respond_to_pause(world.services, token_of(world, pause), "Approve", None)


async def test_an_answer_at_the_deadline_is_late_though_nobody_swept(world: World) -> None:
    pause = await world.ask(timeout_hours=1, timeout_default="Reject")
    world.clock.advance(timedelta(hours=1))

    with pytest.raises(TokenExpired):
        await respond_to_pause(world.services, token_of(world, pause), "Approve", None)
    final = await world.pause(pause.pause_id)
    assert (final.status, final.choice, final.resolved_by) == ("timed_out", "Reject", "timeout")
    assert final.responded_at is None
    assert await world.audit(pause.pause_id) == ["pause.created", "pause.timed_out"]


async def test_cancelling_an_overdue_pause_times_it_out_first(world: World) -> None:
    pause = await world.ask(timeout_hours=1)
    world.clock.advance(timedelta(hours=1))

    with pytest.raises(AlreadyTimedOut):
        await cancel_pause(world.services, world.principal(), pause.pause_id)
    assert (await world.pause(pause.pause_id)).choice is None


async def test_a_cancelled_question_takes_no_answer(world: World) -> None:
    pause = await world.ask()
    cancelled = await cancel_pause(world.services, world.principal(), pause.pause_id)

    assert cancelled == await world.pause(pause.pause_id)
    with pytest.raises(PauseCancelled):
        await respond_to_pause(world.services, token_of(world, pause), "Approve", None)
    with pytest.raises(AlreadyCancelled):
        await cancel_pause(world.services, world.principal(), pause.pause_id)


async def test_an_answered_question_cannot_be_cancelled(world: World) -> None:
    pause = await world.ask()
    await respond_to_pause(world.services, token_of(world, pause), "Approve", None)

    with pytest.raises(AlreadyResponded):
        await cancel_pause(world.services, world.principal(), pause.pause_id)


async def test_strangers_and_the_other_mode_cannot_cancel(world: World) -> None:
    pause = await world.ask()
    bob = replace(world.principal(), developer_id="dev_bob")

    for principal in (bob, world.principal(Mode.TEST)):
        with pytest.raises(PauseNotFound):
            await cancel_pause(world.services, principal, pause.pause_id)


@pytest.mark.parametrize("choice", ["", "approve", "Approve ", "Yes", "Reject\0"])
async def test_only_an_option_is_a_choice(world: World, choice: str) -> None:
    pause = await world.ask()

    with pytest.raises(InvalidChoice):
        await respond_to_pause(world.services, token_of(world, pause), choice, None)
    assert (await world.pause(pause.pause_id)).status == "pending"


@pytest.mark.parametrize("note", ["x" * 2001, "nul \0", "half \ud800"])
async def test_a_note_that_cannot_be_kept_is_refused_and_nothing_happens(
    world: World, note: str
) -> None:
    pause = await world.ask(allow_text_response=True)

    with pytest.raises(ValidationFailed):
        await respond_to_pause(world.services, token_of(world, pause), "Approve", note)
    assert (await world.pause(pause.pause_id)).status == "pending"


async def test_a_note_is_taken_only_where_it_was_offered(world: World) -> None:
    pause = await world.ask()

    with pytest.raises(ValidationFailed):
        await respond_to_pause(world.services, token_of(world, pause), "Approve", "but why?")
    answered = await respond_to_pause(world.services, token_of(world, pause), "Approve", "  ")
    assert answered.content is not None
    assert answered.content.response_text is None


async def test_a_token_for_no_pause_is_invalid(world: World) -> None:
    pause = await world.ask()
    foreign = replace(pause, pause_id=new_id(PAUSE, 1))

    for token in ("", "x" * 54, token_of(world, foreign)):
        with pytest.raises(TokenInvalid):
            await find_question(world.services, token)
        with pytest.raises(TokenInvalid):
            await respond_to_pause(world.services, token, "Approve", None)


async def test_one_answer_sent_a_hundred_times_at_once_counts_once(world: World) -> None:
    pause = await world.ask()
    token = token_of(world, pause)
    results = await asyncio.gather(
        *(respond_to_pause(world.services, token, "Approve", None) for _ in range(100)),
        return_exceptions=True,
    )

    assert sum(isinstance(result, Pause) for result in results) == 1
    assert sum(isinstance(result, TokenUsed) for result in results) == 99
    assert await world.audit(pause.pause_id) == ["pause.created", "pause.responded"]


async def test_answer_cancel_and_deadline_at_once_have_one_winner(world: World) -> None:
    pauses = [await world.ask(timeout_hours=1) for _ in range(30)]
    world.clock.advance(timedelta(hours=1, milliseconds=-1))

    async def race(pause: Pause) -> list[object]:
        return await asyncio.gather(
            respond_to_pause(world.services, token_of(world, pause), "Approve", None),
            cancel_pause(world.services, world.principal(), pause.pause_id),
            time_out_pauses(world.services, [pause]),
            return_exceptions=True,
        )

    races = asyncio.gather(*map(race, pauses))
    world.clock.advance(timedelta(milliseconds=1))
    for pause, results in zip(pauses, await races, strict=True):
        won = [r for r in results if isinstance(r, Pause) or r == 1]
        lost = [r for r in results if isinstance(r, PausePointError) or r == 0]
        assert len(won) <= 1
        assert len(won) + len(lost) == 3
        events = await world.audit(pause.pause_id)
        assert len(events) == 2
        assert (await world.pause(pause.pause_id)).status.is_final
