"""A vendor calls back to say what became of a message: signed, or not believed."""

from __future__ import annotations

from pausepoint.channels.base import InboundStatus
from pausepoint.domain.delivery import Delivery, DeliveryState
from pausepoint.domain.errors import DeliveryNotFound
from pausepoint.operations.deliver import record_report
from pausepoint.operations.services import Services


async def record_callback(services: Services, inbound: InboundStatus) -> None:
    """Moves a delivery from sent to delivered or failed. Raises DeliveryNotFound.

    Reports may come twice, out of order, or before our own commit that the message was sent; only
    the first one that ends the delivery counts.
    """
    delivery = await services.store.delivery(inbound.delivery_id)
    if delivery is None:
        raise DeliveryNotFound
    report = inbound.report
    if report is None or report.state is DeliveryState.SENT:
        return
    if _may_end(delivery, report.state) and delivery.provider_id in (None, inbound.provider_id):
        await record_report(services, delivery, report.state, report.code)


def _may_end(delivery: Delivery, state: DeliveryState) -> bool:
    if delivery.state is DeliveryState.SENT:
        return True
    if delivery.state is not DeliveryState.QUEUED or delivery.attempt == 0:
        return False
    is_in_flight = delivery.attempt > len(delivery.attempts)
    # Between two attempts, an attempt that we took for failed may have arrived all the same.
    return is_in_flight or state is DeliveryState.DELIVERED
