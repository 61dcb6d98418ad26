"""Release claimed deliveries before their leases end, so that another worker can claim them at once."""

from __future__ import annotations

from collections.abc import Sequence

from pausepoint.domain.delivery import Delivery
from pausepoint.operations.services import Services
from pausepoint.store.changes import Change, rescheduled


async def release_claim(services: Services, claimed: Sequence[Delivery]) -> None:
    """A result that an attempt has recorded meanwhile wins."""
    now = services.clock.now()
    await services.store.apply_all([Change(guard=rescheduled(one, now)) for one in claimed])
