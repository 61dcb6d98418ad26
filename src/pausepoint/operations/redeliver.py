"""Redelivery of an event by hand, in any state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pausepoint.domain.delivery import Delivery, DeliveryState
from pausepoint.domain.errors import DeliveryNotFound
from pausepoint.operations.services import Services
from pausepoint.store.changes import Applied, Change, UpdateDelivery


async def redeliver(
    services: Services, delivery_id: str, is_meant: Callable[[Delivery], bool]
) -> Delivery:
    """The delivery, due again at once. Raises DeliveryNotFound where it is not the one that is meant."""
    while True:
        delivery = await services.store.delivery(delivery_id)
        if delivery is None or not is_meant(delivery):
            raise DeliveryNotFound
        again = UpdateDelivery(
            read=delivery,
            state=DeliveryState.QUEUED,
            attempts=delivery.attempts,
            due_at=services.clock.now(),
        )
        if isinstance(await services.store.apply(Change(guard=again)), Applied):
            return replace(delivery, state=again.state, due_at=again.due_at)
