"""One record of every kind in a store, and all that the Store protocol reads of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import msgspec

from pausepoint.domain.account import ApiKey, Developer
from pausepoint.domain.action import new_action
from pausepoint.domain.delivery import Attempt, Delivery, DeliveryKind, DeliveryState
from pausepoint.domain.events import Actor, Event
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import (
    Callback,
    Contact,
    Content,
    Ending,
    Pause,
    PauseStatus,
    ResolvedBy,
)
from pausepoint.domain.recipients import Mute, MuteReason, Recipient, VerifiedBy
from pausepoint.domain.webhook import Webhook
from pausepoint.store.base import Store
from pausepoint.store.changes import (
    Applied,
    Change,
    ClaimIdempotencyKey,
    DeleteWebhook,
    DisableWebhook,
    EndPause,
    InsertApiKey,
    InsertAuditEntry,
    InsertDelivery,
    InsertDeveloper,
    InsertMute,
    InsertPause,
    InsertRecipient,
    InsertWebhook,
    Lost,
    RevokeApiKey,
    Row,
    SetDeveloperDisabled,
    SetPauseDelivery,
    UpdateDelivery,
    VerifyRecipient,
)
from tests.store.samples import HOUR, NOW, a_delivery, a_developer, a_pause

LIMIT: Final = 10_000
IDEMPOTENCY_KEY: Final = ("dev_alice", Mode.LIVE, "order-7", "body")


def an_id(prefix: str, number: int) -> str:
    return f"{prefix}_019b7a90-cc00-7000-8000-{number:012d}"


PENDING, ANSWERED, LATE, WITHDRAWN, UNREACHED, TEST = (an_id("psr", n) for n in range(6))
SENT, QUEUED, FAILED, TOLD, RETRIED = (an_id("dlv", n) for n in range(5))
HOOK, MUTED, DELETED = (an_id("whk", n) for n in range(3))
DELIVERIES: Final = (SENT, QUEUED, FAILED, TOLD, RETRIED)


async def fill(store: Store) -> None:
    """`store` is empty. Every change must be applied, in this order."""
    for change in _changes():
        assert isinstance(await store.apply(change), Applied), change
    [claimed] = await store.claim_deliveries(1, HOUR)
    sent = (Attempt(1, NOW, "sent", "SM1"),)
    done = UpdateDelivery(claimed, DeliveryState.DELIVERED, sent, None, 1, "SM1", NOW)
    assert isinstance(await store.apply(Change((), done)), Applied)


async def use(store: Store) -> None:
    """Writes on a database that `fill` filled, as a server does."""
    asked = a_pause()
    answer = Ending(PauseStatus.RESPONDED, ResolvedBy.HUMAN, 0, "go on")
    entry = InsertAuditEntry("dev_alice", Mode.LIVE, Event.PAUSE_RESPONDED, Actor.HUMAN, PENDING)
    rows = (InsertPause(asked), InsertDelivery(a_delivery(asked)))
    changes = [
        Change((entry,), EndPause(PENDING, answer)),
        Change((entry,), EndPause(ANSWERED, answer)),
        Change(rows),
        Change((), InsertDeveloper(a_developer("dev_carol", "carol@example.com"))),
        Change((), InsertDeveloper(a_developer("dev_eve", "ALICE@example.com"))),
    ]
    results = await store.apply_all(changes)
    found = await store.pause(PENDING)
    developer = await store.developer_by_email("carol@example.com")

    assert [type(each) for each in results] == [Applied, Lost, Applied, Applied, Lost]
    assert found is not None
    assert found.content is not None
    assert (found.choice, found.content.response_text) == ("Yes", "go on")
    assert await store.pause(asked.pause_id) == asked
    assert isinstance(developer, Developer)
    claimed = await store.claim_deliveries(10, HOUR)
    assert [each.pause_id for each in claimed] == [asked.pause_id]


def _changes() -> Iterator[Change]:
    alice, bob = a_developer(), a_developer("dev_bob", "bob@example.com")
    keys = (_a_key("dev_alice", Mode.LIVE, 1), _a_key("dev_alice", Mode.TEST, 2))
    yield Change((*map(InsertApiKey, keys), _entry(Event.DEVELOPER_REGISTERED)), InsertDeveloper(
        replace(alice, password_hash="$argon2id$none")))  # fmt: skip
    yield Change((InsertApiKey(_a_key("dev_bob", Mode.LIVE, 3)),), InsertDeveloper(bob))
    yield Change((InsertApiKey(_a_key("dev_alice", Mode.LIVE, 4)),))
    yield Change((_entry(Event.API_KEY_REVOKED),), RevokeApiKey(an_id("key", 4), "dev_alice"))
    yield Change((), SetDeveloperDisabled("dev_bob", True))
    yield Change(tuple(InsertWebhook(_a_webhook(each)) for each in (HOOK, MUTED, DELETED)))
    yield Change((DisableWebhook(MUTED),))
    yield Change((_entry(Event.WEBHOOK_DELETED),), DeleteWebhook(DELETED, "dev_alice", Mode.LIVE))
    yield Change(
        tuple(_asked(_a_pause(PENDING, default_index=1), SENT)),
        ClaimIdempotencyKey(*IDEMPOTENCY_KEY, PENDING, NOW, NOW - HOUR),
    )
    yield Change(tuple(_asked(_a_pause(ANSWERED), QUEUED)))
    yield _ended(ANSWERED, PauseStatus.RESPONDED, ResolvedBy.HUMAN, 0, "only the old ones – 旧")
    yield Change(tuple(_asked(_a_pause(WITHDRAWN), None)))
    yield _ended(WITHDRAWN, PauseStatus.CANCELLED, ResolvedBy.DEVELOPER)
    yield Change(tuple(_asked(_a_pause(LATE, expires_at=NOW), None)))
    yield _ended(LATE, PauseStatus.TIMED_OUT, ResolvedBy.TIMEOUT, 1)
    yield Change(tuple(_asked(_with_more(_a_pause(UNREACHED)), FAILED)))
    yield Change((SetPauseDelivery(UNREACHED, DeliveryState.FAILED),))
    yield Change(tuple(_asked(_a_pause(TEST, mode=Mode.TEST), None)))
    yield Change((InsertDelivery(_told(TOLD)), InsertDelivery(_told(RETRIED))))
    bob = Contact("email", "bob@example.com")
    yield Change((), InsertRecipient(Recipient(
        recipient_id=an_id("rcp", 1), developer_id="dev_alice", mode=Mode.LIVE, contact=bob,
        created_at=NOW)))  # fmt: skip
    yield Change((), VerifyRecipient(an_id("rcp", 1), VerifiedBy.PERSON))
    yield Change((), InsertMute(Mute(
        mute_id=an_id("mut", 1), developer_id="dev_alice", mode=Mode.LIVE, contact=bob,
        reason=MuteReason.REPORTED, created_at=NOW)))  # fmt: skip


def _a_key(developer_id: str, mode: Mode, number: int) -> ApiKey:
    return ApiKey(
        key_id=an_id("key", number), developer_id=developer_id, mode=mode,
        prefix=f"pp_{mode.value}_{number}", key_hash=f"hash {number}", name="first", created_at=NOW,
    )  # fmt: skip


def _a_webhook(webhook_id: str) -> Webhook:
    return Webhook(
        webhook_id=webhook_id, developer_id="dev_alice", mode=Mode.LIVE,
        url="https://example.com/hook", events=(Event.PAUSE_RESPONDED, Event.PAUSE_CANCELLED),
        secret="0123456789abcdef", created_at=NOW,
    )  # fmt: skip


def _a_pause(pause_id: str, **changes: Any) -> Pause:
    question = Content("+15550100199", f"Wire it? ✓ {pause_id}", ("Yes", "Nein"), {"a": [1, "ü"]})
    return a_pause(**{"pause_id": pause_id, "content": question} | changes)


def _with_more(pause: Pause) -> Pause:
    """All that few pauses have."""
    assert pause.content is not None
    content = replace(
        pause.content,
        callback=Callback("https://example.com/7", "0123456789abcdef"),
        fallback=(Contact("email", "bob@example.com"),),
        action=new_action("Bash", {"command": "rm -rf ./旧", "n": [1, None]}),
    )
    return replace(
        pause, content=content, callback_target="cbk_1", remind_at=NOW + HOUR, fallbacks=1
    )


def _asked(pause: Pause, delivery_id: str | None) -> Iterator[Row]:
    yield InsertPause(pause)
    yield _entry(Event.PAUSE_CREATED, pause.pause_id, mode=pause.mode)
    if delivery_id is not None:
        yield InsertDelivery(a_delivery(pause, delivery_id=delivery_id, **_FATES[delivery_id]))


def _told(delivery_id: str) -> Delivery:
    return a_delivery(
        _a_pause(ANSWERED), delivery_id=delivery_id, kind=DeliveryKind.WEBHOOK, target=HOOK,
        webhook_id=HOOK, event=Event.PAUSE_RESPONDED, attempt=1, **_FATES[delivery_id],
    )  # fmt: skip


_FATES: Final[dict[str, dict[str, Any]]] = {
    SENT: {},  # `fill` claims it, as the only one that is due
    QUEUED: {"due_at": NOW + HOUR},
    FAILED: {"state": DeliveryState.FAILED, "due_at": None, "ended_at": NOW, "attempt": 1,
             "attempts": (Attempt(1, NOW, "failed", "21211"),)},
    TOLD: {"state": DeliveryState.SENT, "due_at": None, "ended_at": NOW,
           "attempts": (Attempt(1, NOW, "sent", "204"),)},
    RETRIED: {"due_at": NOW + HOUR, "attempts": (Attempt(1, NOW, "retrying", "503"),)},
}  # fmt: skip


def _ended(pause_id: str, status: PauseStatus, by: ResolvedBy, *answer: Any) -> Change:
    actor = {ResolvedBy.HUMAN: Actor.HUMAN, ResolvedBy.TIMEOUT: Actor.SYSTEM}.get(by)
    entry = _entry(Event(f"pause.{status.value}"), pause_id, actor or Actor.DEVELOPER)
    return Change((entry,), EndPause(pause_id, Ending(status, by, *answer)))


def _entry(
    event: Event,
    pause_id: str | None = None,
    actor: Actor = Actor.DEVELOPER,
    mode: Mode | None = Mode.LIVE,
) -> InsertAuditEntry:
    detail = {"channel": "sms"} if event is Event.PAUSE_CREATED else None
    return InsertAuditEntry("dev_alice", mode, event, actor, pause_id, detail, NOW)


async def everything(store: Store) -> dict[str, Any]:
    """As plain as JSON: what the protocol reads of every record that `fill` made."""
    developers = await store.developers()
    found: dict[str, Any] = {"developers": developers, "deliveries": []}
    for developer in developers:
        for key in await store.api_keys(developer.developer_id):
            found[f"key {key.key_id}"] = key, await store.principal(key.key_hash)
        for mode in Mode:
            found |= await _of_mode(store, developer.developer_id, mode)
    found["mutes"] = await store.mutes()
    found["deliveries"] = [await store.delivery(each) for each in DELIVERIES]
    found["idempotent"] = await store.idempotent_pause(*IDEMPOTENCY_KEY, NOW - HOUR)
    found["by email"] = await store.developer_by_email("Alice@Example.com")
    found["next"] = await store.next_deadline(), await store.next_delivery_due()
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(found))
    return plain


async def _of_mode(store: Store, developer_id: str, mode: Mode) -> dict[str, Any]:
    pauses = await store.pauses(developer_id, mode, None, LIMIT, 0)
    hooks = await store.webhooks(developer_id, mode)
    audit = await store.audit(
        developer_id, mode, pause_id=None, event=None, since=None, until=None, limit=LIMIT, offset=0
    )
    where = f"of {developer_id} {mode.value}"
    return {
        f"pauses {where}": [(pause, pause.choice) for pause in pauses],
        f"webhooks {where}": [
            (hook, await store.webhook_deliveries(hook.webhook_id, LIMIT, 0)) for hook in hooks
        ],
        f"audit {where}": audit,
        f"recipients {where}": await store.recipients(developer_id, mode, LIMIT, 0),
    }


def missing(expected: Any, actual: Any, where: str = "") -> list[str]:
    """Where `actual` lacks or contradicts something of `expected`; it may hold more fields."""
    match expected:
        case dict():
            return [
                place
                for key, value in expected.items()
                for place in missing(value, actual.get(key) if actual else None, f"{where}/{key}")
            ]
        case list() if isinstance(actual, list) and len(actual) == len(expected):
            pairs = enumerate(zip(expected, actual, strict=True))
            return [place for n, pair in pairs for place in missing(*pair, f"{where}/{n}")]
        case _:
            return [] if expected == actual else [f"{where}: {actual!r}, not {expected!r}"]
