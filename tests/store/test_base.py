"""The contract of `Store`, which both engines must fulfil."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pausepoint.domain.delivery import Attempt, DeliveryKind, DeliveryState
from pausepoint.domain.events import Actor, Event
from pausepoint.domain.ids import PAUSE, new_id
from pausepoint.domain.in_flight import PER_CHANNEL, PER_WEBHOOK, WEBHOOKS_OF_ONE_ACCOUNT, InFlight
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Callback, Contact, Content, Ending, PauseStatus, ResolvedBy
from pausepoint.domain.webhook import Webhook
from pausepoint.store.base import Store
from pausepoint.store.changes import (
    Applied,
    Change,
    ClaimIdempotencyKey,
    EndPause,
    FailPauseDelivery,
    ForgetIdempotencyKeys,
    InsertAuditEntry,
    InsertDelivery,
    InsertDeveloper,
    InsertPause,
    InsertWebhook,
    Lost,
    SetPauseDelivery,
    UpdateDelivery,
)
from pausepoint.testing import FakeClock
from tests.store.samples import HOUR, NOW, a_delivery, a_developer, a_pause

pytestmark = pytest.mark.anyio

ANSWER = Ending(PauseStatus.RESPONDED, ResolvedBy.HUMAN, 0, "fine by me")
CANCEL = Ending(PauseStatus.CANCELLED, ResolvedBy.DEVELOPER)
TIME_OUT = Ending(PauseStatus.TIMED_OUT, ResolvedBy.TIMEOUT, 1)


async def events_of(store: Store, pause_id: str | None = None) -> list[str]:
    entries = await store.audit(
        "dev_alice", Mode.LIVE, pause_id=pause_id, event=None, since=None, until=None,
        limit=100, offset=0,
    )  # fmt: skip
    return [entry.event.value for entry in entries]


def entry(event: Event, pause_id: str | None = None) -> InsertAuditEntry:
    return InsertAuditEntry("dev_alice", Mode.LIVE, event, Actor.SYSTEM, pause_id)


async def test_a_pause_comes_back_as_it_was_written(store: Store) -> None:
    pause = a_pause(default_index=1)

    assert isinstance(await store.apply(Change((InsertPause(pause),))), Applied)
    assert await store.pause(pause.pause_id) == pause
    assert await store.pause(new_id(PAUSE, NOW)) is None


async def test_a_callback_comes_back_with_its_pause_also_where_the_content_is_not_read(
    store: Store,
) -> None:
    content = Content(
        "+15550100199",
        "Wire it?",
        ("Yes", "No"),
        callback=Callback("https://example.com/", "s" * 16),
    )
    pause = a_pause(content=content, callback_target="cbk_1")
    await store.apply(Change((InsertPause(pause),)))

    assert await store.pause(pause.pause_id) == pause
    assert await store.pauses("dev_alice", Mode.LIVE, None, 10, 0) == [pause]
    [due] = await store.due_pauses(pause.expires_at, 10)
    assert due.callback_target == "cbk_1"


async def test_several_messages_of_a_pause_are_read_together(store: Store) -> None:
    content = Content(
        "+15550100199", "Wire it?", ("Yes", "No"), fallback=(Contact("email", "bob@example.com"),)
    )
    pause = a_pause(content=content, fallbacks=1, remind_at=NOW + 1)
    first = a_delivery(
        pause, attempts=(Attempt(1, NOW + 3, "failed", "30005"),), state=DeliveryState.FAILED
    )
    reminder = a_delivery(pause, is_reminder=True, due_at=NOW + 1)
    other = a_delivery(
        pause, recipient_index=1, target="email", due_at=None, state=DeliveryState.SENT,
        attempts=(Attempt(1, NOW + 1, "retrying"), Attempt(2, NOW + 4, "sent", "250")),
    )  # fmt: skip
    event = a_delivery(pause, kind=DeliveryKind.WEBHOOK, target="cbk_1", event=Event.PAUSE_CREATED)
    rows = [InsertDelivery(each) for each in (event, other, reminder, first)]
    await store.apply(Change((InsertPause(pause), InsertPause(a_pause()), *rows)))
    expected = replace(
        pause,
        delivery_state=DeliveryState.SENT,
        attempts=(
            Attempt(1, NOW + 1, "retrying", None, "email", 1),
            Attempt(2, NOW + 3, "failed", "30005", "sms"),
            Attempt(3, NOW + 4, "sent", "250", "email", 1),
        ),
    )

    assert await store.messages(pause.pause_id) == [first, reminder, other]
    assert await store.pause(pause.pause_id) == expected
    assert expected in await store.pauses("dev_alice", Mode.LIVE, None, 10, 0)


async def test_a_pause_fails_once_and_only_while_it_is_pending(store: Store) -> None:
    pause, ended = a_pause(), a_pause()
    await store.apply_all([Change((InsertPause(each),)) for each in (pause, ended)])
    await store.apply(Change((), EndPause(ended.pause_id, CANCEL)))
    waiter = store.watch(pause.pause_id)
    change = Change(
        (entry(Event.PAUSE_UNDELIVERABLE, pause.pause_id),), FailPauseDelivery(pause.pause_id)
    )
    results = await asyncio.gather(*(store.apply(change) for _ in range(4)))

    assert Counter(map(type, results)) == {Applied: 1, Lost: 3}
    await asyncio.wait_for(waiter.wait(), 5)
    waiter.close()
    assert await events_of(store, pause.pause_id) == ["pause.undeliverable"]
    found = await store.pause(pause.pause_id)
    assert found is not None
    assert found.delivery_state == "failed"
    assert isinstance(await store.apply(Change((), FailPauseDelivery(ended.pause_id))), Lost)


async def test_a_callbacks_deliveries_are_told_from_a_webhooks_and_the_message(
    store: Store,
) -> None:
    pause, other = a_pause(), a_pause()
    event = {"kind": DeliveryKind.WEBHOOK, "event": Event.PAUSE_RESPONDED}
    to_callback = [a_delivery(pause, target="cbk_1", **event) for _ in range(3)]
    to_webhook = a_delivery(pause, target="whk_1", webhook_id="whk_1", **event)
    rows = [a_delivery(pause), *to_callback, to_webhook, a_delivery(other, target="cbk_1", **event)]
    await store.apply(Change((InsertPause(pause), InsertPause(other), InsertWebhook(a_webhook()))))
    await store.apply(Change(tuple(InsertDelivery(row) for row in rows)))
    newest = sorted(to_callback, key=lambda each: each.delivery_id, reverse=True)

    assert await store.callback_deliveries(pause.pause_id, 10) == newest
    assert await store.callback_deliveries(pause.pause_id, 1, 1) == newest[1:2]


text = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=200
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text, text, st.dictionaries(text, text | st.integers(-(2**53), 2**53), max_size=4))
async def test_content_comes_back_whatever_it_holds(
    store: Store, message: str, option: str, metadata: dict[str, str | int]
) -> None:
    content = Content("+15550100199", message, (option, "No"), metadata)
    pause = a_pause(content=content)
    await store.apply(Change((InsertPause(pause),)))

    found = await store.pause(pause.pause_id)
    assert found is not None
    assert found.content == content


async def test_a_hundred_thousand_characters_are_kept(store: Store) -> None:
    content = Content("+15550100199", "é" * 100_000, ("Yes", "No"))
    pause = a_pause(content=content)
    await store.apply(Change((InsertPause(pause),)))

    found = await store.pause(pause.pause_id)
    assert found is not None
    assert found.content == content


@pytest.mark.parametrize("bad", ["nul \0 byte", "unpaired \ud800 surrogate"])
async def test_text_that_cannot_be_stored_is_refused_and_harms_no_neighbour(
    store: Store, bad: str
) -> None:
    good = a_pause()
    results = await asyncio.gather(
        store.apply(Change((InsertPause(a_pause(channel=bad)),))),
        store.apply(Change((InsertPause(good),))),
        return_exceptions=True,
    )

    assert isinstance(results[0], ValueError)
    assert isinstance(results[1], Applied)
    assert await store.pause(good.pause_id) == good


async def test_a_failing_change_in_a_batch_harms_no_neighbour(store: Store) -> None:
    twice = a_pause()
    await store.apply(Change((InsertPause(twice),)))
    others = [a_pause() for _ in range(20)]
    changes = [Change((InsertPause(p), entry(Event.PAUSE_CREATED))) for p in [*others, twice]]
    results = await asyncio.gather(*map(store.apply, changes), return_exceptions=True)

    assert [isinstance(result, Applied) for result in results] == [True] * 20 + [False]
    assert isinstance(results[-1], ValueError)
    assert (await events_of(store)).count("pause.created") == 20


async def test_two_answers_in_one_batch_have_one_winner(store: Store) -> None:
    pause = a_pause()
    await store.apply(Change((InsertPause(pause),)))
    change = Change(
        (entry(Event.PAUSE_RESPONDED, pause.pause_id),), EndPause(pause.pause_id, ANSWER)
    )
    results = await store.apply_all([change, change])

    assert [type(result) for result in results] == [Applied, Lost]
    assert await events_of(store, pause.pause_id) == ["pause.responded"]
    found = await store.pause(pause.pause_id)
    assert found is not None
    assert found.content is not None
    assert (found.choice, found.content.response_text) == ("Approve", "fine by me")
    assert found.responded_at == results[0].at


@pytest.mark.parametrize("first", [ANSWER, CANCEL])
@pytest.mark.parametrize("second", [ANSWER, CANCEL, TIME_OUT])
async def test_a_final_pause_stays_as_it_is(
    store: Store, clock: FakeClock, first: Ending, second: Ending
) -> None:
    pause = a_pause()
    await store.apply(Change((InsertPause(pause),)))
    assert isinstance(await store.apply(Change((), EndPause(pause.pause_id, first))), Applied)
    before = await store.pause(pause.pause_id)
    clock.advance(timedelta(hours=2))

    assert isinstance(await store.apply(Change((), EndPause(pause.pause_id, second))), Lost)
    assert await store.pause(pause.pause_id) == before


async def test_the_deadline_is_judged_at_the_commit(store: Store, clock: FakeClock) -> None:
    pause = a_pause()
    await store.apply(Change((InsertPause(pause),)))
    early = await store.apply(Change((), EndPause(pause.pause_id, TIME_OUT)))
    clock.advance(timedelta(hours=1))
    late = await store.apply(Change((), EndPause(pause.pause_id, ANSWER)))

    assert isinstance(early, Lost)
    assert isinstance(late, Lost)
    assert isinstance(await store.apply(Change((), EndPause(pause.pause_id, TIME_OUT))), Applied)


async def test_rows_follow_only_a_guard_that_held(store: Store) -> None:
    lost = await store.apply(
        Change((entry(Event.PAUSE_CANCELLED),), EndPause(new_id(PAUSE, NOW), CANCEL))
    )

    assert isinstance(lost, Lost)
    assert await events_of(store) == []


async def test_an_idempotency_key_is_claimed_once_a_day(store: Store) -> None:
    def claim(pause_id: str, fingerprint: str, at: int) -> Change:
        guard = ClaimIdempotencyKey(
            "dev_alice", Mode.LIVE, "k1", fingerprint, pause_id, at, at - 24 * HOUR
        )
        return Change((), guard)

    results = await store.apply_all([claim("psr_1", "body", NOW), claim("psr_2", "body", NOW)])

    assert [type(result) for result in results] == [Applied, Lost]
    found = await store.idempotent_pause("dev_alice", Mode.LIVE, "k1", "body", NOW - HOUR)
    assert found is not None
    assert (found.pause_id, found.is_same) == ("psr_1", True)
    other = await store.idempotent_pause("dev_alice", Mode.LIVE, "k1", "other", NOW - HOUR)
    assert other is not None
    assert not other.is_same
    assert await store.idempotent_pause("dev_alice", Mode.TEST, "k1", "body", 0) is None
    later = NOW + 25 * HOUR
    assert isinstance(await store.apply(claim("psr_3", "new", later)), Applied)
    await store.apply(Change((ForgetIdempotencyKeys(later + 1),)))
    assert await store.idempotent_pause("dev_alice", Mode.LIVE, "k1", "new", 0) is None


async def test_an_email_address_is_taken_once_whatever_its_case(store: Store) -> None:
    again = a_developer("dev_other", "Alice@Example.com")

    assert isinstance(await store.apply(Change((), InsertDeveloper(again))), Lost)
    found = await store.developer_by_email("ALICE@example.com")
    assert found == a_developer()


async def test_overdue_pauses_are_found_nearest_first(store: Store) -> None:
    pauses = [a_pause(expires_at=NOW + offset) for offset in (3, 1, 2, HOUR)]
    await store.apply_all([Change((InsertPause(pause),)) for pause in pauses])
    due = await store.due_pauses(NOW + 3, 10)

    assert [p.pause_id for p in due] == [pauses[i].pause_id for i in (1, 2, 0)]
    assert await store.next_deadline() == NOW + 1


async def test_a_claim_takes_what_is_due_and_fences_it(store: Store, clock: FakeClock) -> None:
    pause = a_pause()
    now_due, later = a_delivery(pause), a_delivery(pause, due_at=NOW + HOUR)
    await store.apply(Change((InsertPause(pause), InsertDelivery(now_due), InsertDelivery(later))))
    [claimed] = await store.claim_deliveries(10, 60_000)

    assert (claimed.delivery_id, claimed.attempt) == (now_due.delivery_id, 1)
    assert await store.claim_deliveries(10, 60_000) == []
    clock.advance(timedelta(seconds=71))
    [again] = await store.claim_deliveries(10, 60_000)
    assert (again.delivery_id, again.attempt) == (now_due.delivery_id, 2)
    sent = (Attempt(1, NOW, "sent", "250"),)
    done = UpdateDelivery(claimed, DeliveryState.SENT, sent, None)
    assert isinstance(await store.apply(Change((), done)), Lost)
    moved = replace(again, due_at=NOW)
    assert isinstance(await store.apply(Change((), replace(done, read=moved))), Lost)
    assert isinstance(await store.apply(Change((), replace(done, read=again))), Applied)
    found = await store.delivery(now_due.delivery_id)
    assert found is not None
    assert (found.state, found.attempts) == ("sent", (Attempt(1, NOW, "sent", "250"),))
    assert await store.next_delivery_due() == NOW + HOUR


async def test_deliveries_of_a_busy_webhook_stay_where_they_are(store: Store) -> None:
    pause, webhook = a_pause(), a_webhook()
    mine = a_delivery(
        pause,
        kind=DeliveryKind.WEBHOOK,
        target=webhook.webhook_id,
        webhook_id=webhook.webhook_id,
        event=Event.PAUSE_RESPONDED,
    )
    rows = (InsertPause(pause), InsertWebhook(webhook), InsertDelivery(mine))
    await store.apply(Change(rows))

    full, other = InFlight(), InFlight()
    for _ in range(PER_WEBHOOK):
        full.add(DeliveryKind.WEBHOOK, webhook.webhook_id, "dev_alice")
        other.add(DeliveryKind.WEBHOOK, "whk_other", "dev_alice")
    assert await store.claim_deliveries(10, 1, full) == []
    assert len(await store.claim_deliveries(10, 1, other)) == 1


async def test_a_claim_takes_few_for_one_target_and_the_others_beside_them(store: Store) -> None:
    pause, webhook = a_pause(), a_webhook()
    flood = [
        a_delivery(
            pause,
            kind=DeliveryKind.WEBHOOK,
            target=webhook.webhook_id,
            webhook_id=webhook.webhook_id,
            event=Event.PAUSE_RESPONDED,
        )
        for _ in range(50)
    ]
    message = a_delivery(pause)
    rows = (InsertPause(pause), InsertWebhook(webhook), *map(InsertDelivery, [*flood, message]))
    await store.apply(Change(rows))
    claimed = [one.target for one in await store.claim_deliveries(64, 60_000)]

    assert sorted(claimed) == ["sms"] + [webhook.webhook_id] * PER_WEBHOOK
    leased_until = await store.next_delivery_due(after=NOW)
    assert leased_until is not None
    assert NOW + 60_000 <= leased_until <= NOW + 70_000
    assert await store.next_delivery_due() == NOW


def a_webhook() -> Webhook:
    return Webhook(
        webhook_id="whk_1",
        developer_id="dev_alice",
        mode=Mode.LIVE,
        url="https://example.com/hook",
        events=(Event.PAUSE_RESPONDED,),
        secret="0123456789abcdef",
        created_at=NOW,
    )


async def everything_due(store: Store, in_flight: InFlight) -> list[tuple[str, str]]:
    """What is claimed, one claim after the other, by account and target."""
    found = []
    while claimed := await store.claim_deliveries(64, 60_000, in_flight):
        for one in claimed:
            in_flight.add(one.kind, one.target, one.developer_id)
            found.append((one.developer_id, one.target))
    return found


async def flood(store: Store, developer_id: str, target: str, count: int, due_at: int) -> None:
    """So many due events of an account at one target, or messages where that is a channel."""
    is_message = target == "sms"
    pause = a_pause(developer_id=developer_id)
    event = {
        "kind": DeliveryKind.NOTIFICATION if is_message else DeliveryKind.WEBHOOK,
        "target": target,
        "event": None if is_message else Event.PAUSE_RESPONDED,
        "due_at": due_at,
    }
    rows = [InsertDelivery(a_delivery(pause, **event)) for _ in range(count)]
    await store.apply(Change((InsertPause(pause), *rows)))


async def test_an_account_has_its_share_and_what_is_left_is_for_others(store: Store) -> None:
    await store.apply(Change((), InsertDeveloper(a_developer("dev_bob", "bob@example.com"))))
    for number in range(140):
        await flood(store, "dev_alice", f"cbk_{number}", 20, NOW - HOUR)
    await flood(store, "dev_alice", "sms", 1_500, NOW - HOUR)
    in_flight = InFlight()
    of_alice = Counter(target == "sms" for _, target in await everything_due(store, in_flight))
    await flood(store, "dev_bob", "cbk_bob", 1, NOW)
    await flood(store, "dev_bob", "sms", 5, NOW)
    of_bob = await everything_due(store, in_flight)

    assert of_alice == {True: PER_CHANNEL // 2, False: WEBHOOKS_OF_ONE_ACCOUNT}
    assert sorted(of_bob) == [("dev_bob", "cbk_bob")] + [("dev_bob", "sms")] * 5


async def test_what_becomes_free_goes_to_the_account_that_has_least(store: Store) -> None:
    accounts = ["dev_alice", *(f"dev_{number}" for number in range(9))]
    for name in accounts[1:]:
        await store.apply(Change((), InsertDeveloper(a_developer(name, f"{name}@example.com"))))
    in_flight = InFlight()
    for number, name in enumerate(accounts):
        await flood(store, name, "sms", 22 if number else 34, NOW - HOUR + number)
        await everything_due(store, in_flight)
    for _ in range(4):
        in_flight.remove(DeliveryKind.NOTIFICATION, "sms", "dev_alice")
    freed = await everything_due(store, in_flight)

    assert len(in_flight) == PER_CHANNEL
    assert sorted(name for name, _ in freed) == ["dev_2", "dev_3", "dev_4", "dev_5"]


async def test_a_targets_backlog_hides_no_other_target_of_the_account(store: Store) -> None:
    await flood(store, "dev_alice", "cbk_slow", 1_500, NOW - HOUR)
    await flood(store, "dev_alice", "cbk_fast", 1, NOW)
    claimed = Counter(target for _, target in await everything_due(store, InFlight()))

    assert claimed == {"cbk_slow": PER_WEBHOOK, "cbk_fast": 1}


async def test_webhooks_hear_only_their_events_and_mode(store: Store) -> None:
    await store.apply(Change((InsertWebhook(a_webhook()),)))

    assert await store.webhook("whk_1") == a_webhook()
    wanted = ("dev_alice", Mode.LIVE, Event.PAUSE_RESPONDED)
    assert await store.subscribers(*wanted) == ["whk_1"]
    assert await store.subscribers("dev_alice", Mode.TEST, Event.PAUSE_RESPONDED) == []
    assert await store.subscribers("dev_alice", Mode.LIVE, Event.PAUSE_CANCELLED) == []


async def test_lists_are_newest_first_and_by_mode_and_status(store: Store) -> None:
    pauses = [a_pause(pause_id=new_id(PAUSE, NOW + i)) for i in range(5)]
    test = a_pause(mode=Mode.TEST)
    await store.apply_all([Change((InsertPause(pause),)) for pause in [*pauses, test]])
    await store.apply(Change((), EndPause(pauses[2].pause_id, CANCEL)))
    newest = [pause.pause_id for pause in reversed(pauses)]

    found = await store.pauses("dev_alice", Mode.LIVE, None, 3, 1)
    assert [pause.pause_id for pause in found] == newest[1:4]
    cancelled = await store.pauses("dev_alice", Mode.LIVE, PauseStatus.CANCELLED, 10, 0)
    assert [pause.pause_id for pause in cancelled] == [pauses[2].pause_id]
    assert await store.count_pauses("dev_alice", Mode.LIVE, NOW + 2) == 3


async def test_a_waiter_hears_the_ending_and_the_failed_delivery(store: Store) -> None:
    ended, failed, untouched = a_pause(), a_pause(), a_pause()
    await store.apply_all([Change((InsertPause(pause),)) for pause in (ended, failed, untouched)])
    waiters = {pause.pause_id: store.watch(pause.pause_id) for pause in (ended, failed, untouched)}
    waits = {name: asyncio.ensure_future(waiter.wait()) for name, waiter in waiters.items()}
    await store.apply(Change((), EndPause(ended.pause_id, ANSWER)))
    await store.apply(Change((SetPauseDelivery(failed.pause_id, DeliveryState.FAILED),)))
    await asyncio.wait_for(asyncio.gather(waits[ended.pause_id], waits[failed.pause_id]), 5)

    assert not waits[untouched.pause_id].done()
    store.release_waiters()
    await asyncio.wait_for(waits[untouched.pause_id], 5)
    await asyncio.wait_for(store.watch(untouched.pause_id).wait(), 5)
    for waiter in waiters.values():
        waiter.close()


async def test_a_sooner_deadline_is_news_and_a_later_one_is_not(store: Store) -> None:
    await store.next_deadline()
    news = asyncio.ensure_future(store.deadline_news(NOW + HOUR))
    await store.apply(Change((InsertPause(a_pause(expires_at=NOW + 2 * HOUR)),)))
    assert not news.done()
    await store.apply(Change((InsertPause(a_pause(expires_at=NOW + 1)),)))

    await asyncio.wait_for(news, 5)


async def test_a_new_delivery_is_news(store: Store) -> None:
    news = asyncio.ensure_future(store.outbox_news())
    pause = a_pause()
    await store.apply(Change((InsertPause(pause), InsertDelivery(a_delivery(pause)))))

    await asyncio.wait_for(news, 5)


async def test_many_writers_at_once_all_succeed(store: Store) -> None:
    pauses = [a_pause() for _ in range(1_000)]
    results = await asyncio.gather(
        *(store.apply(Change((InsertPause(pause),))) for pause in pauses)
    )

    assert all(isinstance(result, Applied) for result in results)
    assert await store.count_pauses("dev_alice", Mode.LIVE, 0) == 1_000


async def test_a_healthy_database_passes_the_check(store: Store) -> None:
    await store.check()
