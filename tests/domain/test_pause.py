"""The state machine: whatever happens, in whatever order, one winner and no way back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import (
    Content,
    Ending,
    Pause,
    PauseStatus,
    ResolvedBy,
    cancel,
    ended,
    respond,
    time_out,
)

CREATED, DEADLINE = 1_000, 2_000
OPTIONS = ("Approve", "Reject")


def a_pause(default_index: int | None = None) -> Pause:
    return Pause(
        pause_id="psr_00000000-0000-7000-8000-000000000000",
        developer_id="dev_1",
        mode=Mode.LIVE,
        status=PauseStatus.PENDING,
        channel="sms",
        allow_text_response=True,
        default_index=default_index,
        created_at=CREATED,
        expires_at=DEADLINE,
        content=Content("+15550100199", "Wire it?", OPTIONS),
    )


steps = st.lists(
    st.tuples(
        st.sampled_from(["respond", "cancel", "time_out"]),
        st.integers(CREATED, DEADLINE + 1_000),
        st.integers(0, 1),
    ),
    max_size=12,
)


def attempt(pause: Pause, step: tuple[str, int, int]) -> Ending | None:
    name, now, choice = step
    if name == "respond":
        return respond(pause, choice, None, now)
    return cancel(pause, now) if name == "cancel" else time_out(pause, now)


@given(steps, st.none() | st.integers(0, 1))
def test_no_order_of_events_gives_two_winners_or_leaves_a_final_state(
    events: list[tuple[str, int, int]], default_index: int | None
) -> None:
    pause = a_pause(default_index)
    winners = []
    for event in events:
        ending = attempt(pause, event)
        if ending is not None:
            winners.append(ending)
            pause = ended(pause, ending, event[1])

    assert len(winners) <= 1
    assert pause.status.is_final == bool(winners)


@given(st.integers(CREATED, DEADLINE + 1_000))
def test_a_person_and_the_deadline_never_both_win_at_one_instant(now: int) -> None:
    pause = a_pause()

    assert (respond(pause, 0, None, now) is None) != (time_out(pause, now) is None)
    assert (cancel(pause, now) is None) != (time_out(pause, now) is None)


def test_the_deadlines_own_instant_belongs_to_the_deadline() -> None:
    assert respond(a_pause(), 0, None, DEADLINE) is None
    assert respond(a_pause(), 0, None, DEADLINE - 1) is not None
    assert time_out(a_pause(), DEADLINE) is not None


@given(st.integers(0, 1))
def test_a_default_that_fell_is_never_called_human(default_index: int) -> None:
    pause = a_pause(default_index)
    ending = time_out(pause, DEADLINE)
    assert ending is not None
    final = ended(pause, ending, DEADLINE)

    assert final.choice == OPTIONS[default_index]
    assert final.resolved_by is ResolvedBy.TIMEOUT
    assert final.responded_at is None


def test_an_answer_keeps_choice_text_and_instant() -> None:
    pause = a_pause()
    ending = respond(pause, 1, "not this vendor", 1_500)
    assert ending is not None
    final = ended(pause, ending, 1_500)

    assert (final.status, final.choice, final.resolved_by) == ("responded", "Reject", "human")
    assert final.content is not None
    assert final.content.response_text == "not this vendor"
    assert final.responded_at == 1_500
