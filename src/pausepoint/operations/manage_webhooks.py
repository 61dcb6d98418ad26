"""Webhooks: register, list, delete, delivery log, redelivery."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from pausepoint.domain.account import Principal, wrong_secret
from pausepoint.domain.delivery import Delivery
from pausepoint.domain.errors import TooManyWebhooks, ValidationFailed, WebhookNotFound
from pausepoint.domain.events import WEBHOOK_EVENTS, Actor, Event
from pausepoint.domain.ids import WEBHOOK, new_id
from pausepoint.domain.mode import Mode
from pausepoint.domain.webhook import Webhook
from pausepoint.operations.account_lock import account_lock
from pausepoint.operations.redeliver import redeliver
from pausepoint.operations.services import Services
from pausepoint.security.address_guard import check_url_form
from pausepoint.store.changes import (
    Applied,
    Change,
    DeleteWebhook,
    InsertAuditEntry,
    InsertWebhook,
    audit_entry,
)

WEBHOOKS_LIMIT: Final = 20
"""How many webhooks an account has at most in one mode: each ending is sent to all of them."""


async def create_webhook(
    services: Services, principal: Principal, url: str, events: Sequence[str], secret: str
) -> Webhook:
    """Raises ValidationFailed, InvalidWebhookUrl, TooManyWebhooks."""
    check_url_form(url, services.policy.outbound_allow)
    now = services.clock.now()
    webhook = Webhook(
        webhook_id=new_id(WEBHOOK, now),
        developer_id=principal.developer_id,
        mode=principal.mode,
        url=url,
        events=_check(events, secret),
        secret=secret,
        created_at=now,
    )
    entry = _entry(principal, Event.WEBHOOK_CREATED, webhook.webhook_id)
    async with account_lock(principal.developer_id):
        known = await services.store.webhooks(principal.developer_id, principal.mode)
        if len(known) >= WEBHOOKS_LIMIT:
            raise TooManyWebhooks
        await _check_other_mode(services, webhook)
        await services.store.apply(Change(rows=(InsertWebhook(webhook), entry)))
    return webhook


async def delete_webhook(services: Services, principal: Principal, webhook_id: str) -> None:
    """Raises WebhookNotFound."""
    guard = DeleteWebhook(webhook_id, principal.developer_id, principal.mode)
    entry = _entry(principal, Event.WEBHOOK_DELETED, webhook_id)
    if not isinstance(await services.store.apply(Change((entry,), guard)), Applied):
        raise WebhookNotFound


async def own_webhook(services: Services, principal: Principal, webhook_id: str) -> Webhook:
    """Raises WebhookNotFound, also for another account's or mode's."""
    webhook = await services.store.webhook(webhook_id)
    if webhook is None or not principal.sees(webhook):
        raise WebhookNotFound
    return webhook


async def redeliver_event(
    services: Services, principal: Principal, webhook_id: str, delivery_id: str
) -> Delivery:
    """The delivery, due again at once. Raises WebhookNotFound, DeliveryNotFound."""
    await own_webhook(services, principal, webhook_id)
    return await redeliver(services, delivery_id, lambda found: found.webhook_id == webhook_id)


async def _check_other_mode(services: Services, webhook: Webhook) -> None:
    """Refuse a secret that signs the other mode's events for the same URL.

    A receiver that checks the signature alone would take a simulated answer for a person's.
    """
    other = Mode.TEST if webhook.mode is Mode.LIVE else Mode.LIVE
    for each in await services.store.webhooks(webhook.developer_id, other):
        if each.secret == webhook.secret and _place(each.url) == _place(webhook.url):
            raise ValidationFailed(
                (
                    "secret",
                    f"Already signs {other.value} events for this URL. Choose another secret, so"
                    " that the receiver can tell test events from live ones.",
                )
            )


def _place(url: str) -> tuple[object, ...]:
    """Equal for URLs that lead to one place, however they are spelled."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return (parts.hostname or "").rstrip("."), port, parts.path or "/", parts.query


def _check(events: Sequence[str], secret: str) -> tuple[Event, ...]:
    wrong: list[tuple[str, str]] = []
    known = {event.value for event in WEBHOOK_EVENTS}
    if not events or not known.issuperset(events):
        wrong.append(("events", "Give one or more of: " + ", ".join(sorted(known)) + "."))
    if sentence := wrong_secret(secret):
        wrong.append(("secret", sentence))
    if wrong:
        raise ValidationFailed(*wrong)
    return tuple(Event(event) for event in dict.fromkeys(events))


def _entry(principal: Principal, event: Event, webhook_id: str) -> InsertAuditEntry:
    return audit_entry(principal, event, Actor.DEVELOPER, webhook_id=webhook_id)
