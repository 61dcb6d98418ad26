"""What is asked twice under one key is asked once: the key leads to the pause that it made, for a day."""

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

IDEMPOTENCY_KEPT: Final = timedelta(hours=24)


@record(frozen=True, slots=True)
class IdempotencyKey:
    """`fingerprint` is equal for equal bodies. `outlives_pause`: kept from the deadline on, not from now."""

    key: str
    fingerprint: str
    outlives_pause: bool = False


def claim(
    principal: Principal, idempotency: IdempotencyKey, pause: Pause, now: Instant
) -> ClaimIdempotencyKey:
    """Holds for whoever comes first with the key, which leads to `pause` from then on."""
    return ClaimIdempotencyKey(
        principal.developer_id,
        principal.mode,
        idempotency.key,
        idempotency.fingerprint,
        pause.pause_id,
        max(now, pause.expires_at) if idempotency.outlives_pause else now,
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


def _forgotten_before(now: Instant) -> Instant:
    return now - milliseconds(IDEMPOTENCY_KEPT)
