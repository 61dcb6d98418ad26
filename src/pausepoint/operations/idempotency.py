"""Idempotency keys: the same key and body return the same pause.

It does until a week after the deadline: who asks in a program that ends, and comes back on Monday for
Friday's answer, finds it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from pausepoint.domain.account import Principal
from pausepoint.domain.errors import IdempotencyMismatch, PauseNotFound
from pausepoint.domain.pause import Pause
from pausepoint.domain.record import record
from pausepoint.domain.time import Instant, milliseconds
from pausepoint.operations.services import Services
from pausepoint.store.changes import Change, ClaimIdempotencyKey, ForgetIdempotencyKeys

IDEMPOTENCY_KEPT: Final = timedelta(days=7)
"""From the deadline on."""
KEPT_WHEN_ERASED: Final = timedelta(hours=24)
"""From the erasure on, if that is sooner: the key's keyed hash, and the body's."""


@record(frozen=True, slots=True)
class IdempotencyKey:
    """`fingerprint` is equal for equal bodies."""

    key: str
    fingerprint: str


def claim(
    principal: Principal,
    idempotency: IdempotencyKey,
    pause: Pause,
    now: Instant,
    kept_from: Instant | None = None,
) -> ClaimIdempotencyKey:
    """Holds for the first request with the key, which refers to `pause` from then on.

    It is kept from the deadline on, or from `kept_from`.
    """
    return ClaimIdempotencyKey(
        principal.developer_id,
        principal.mode,
        idempotency.key,
        idempotency.fingerprint,
        pause.pause_id,
        pause.expires_at if kept_from is None else kept_from,
        _forgotten_before(now),
    )


async def earlier_pause(
    services: Services, principal: Principal, idempotency: IdempotencyKey
) -> Pause | None:
    """The pause that the key made before. Raises IdempotencyMismatch, PauseNotFound."""
    found = await services.store.idempotent_pause(
        principal.developer_id,
        principal.mode,
        idempotency.key,
        idempotency.fingerprint,
        _forgotten_before(services.clock.now()),
    )
    if found is None:
        return None
    if not found.is_same:
        raise IdempotencyMismatch
    pause = await services.store.pause(found.pause_id)
    if pause is None:
        raise PauseNotFound
    return pause


async def forget_idempotency_keys(services: Services) -> None:
    """Those that are too old to lead anywhere."""
    before = _forgotten_before(services.clock.now())
    await services.store.apply(Change((ForgetIdempotencyKeys(before),)))


def erased_keys_kept_from(now: Instant) -> Instant:
    """So that the keys of what is erased now are forgotten soon."""
    return now - milliseconds(IDEMPOTENCY_KEPT - KEPT_WHEN_ERASED)


def _forgotten_before(now: Instant) -> Instant:
    return now - milliseconds(IDEMPOTENCY_KEPT)
