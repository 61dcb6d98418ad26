"""A pause's own callback: validation, delivery log and redelivery."""

from __future__ import annotations

from pausepoint.domain.account import Principal
from pausepoint.domain.delivery import Delivery
from pausepoint.domain.pause import Callback
from pausepoint.domain.question import Question
from pausepoint.domain.scopes import Scope
from pausepoint.operations.queries import own_pause
from pausepoint.operations.redeliver import redeliver
from pausepoint.operations.services import Services
from pausepoint.security.address_guard import check_url_form


def checked_callback(
    services: Services, principal: Principal, question: Question
) -> Callback | None:
    """`question` passed its own check. Raises InvalidWebhookUrl, ScopeMissing.

    The answer is sent to the callback: a key that may not read it must not have it sent anywhere.
    """
    if question.callback_url is None or question.callback_secret is None:
        return None
    principal.require(Scope.PAUSES_READ)
    check_url_form(question.callback_url, services.policy.outbound_allow)
    return Callback(question.callback_url, question.callback_secret)


async def callback_deliveries(
    services: Services, principal: Principal, pause_id: str, limit: int, offset: int
) -> list[Delivery]:
    """Newest first. Raises PauseNotFound."""
    await own_pause(services, principal, pause_id)
    return await services.store.callback_deliveries(pause_id, limit, offset)


async def redeliver_callback(
    services: Services, principal: Principal, pause_id: str, delivery_id: str
) -> Delivery:
    """The delivery, due again at once. Raises PauseNotFound, DeliveryNotFound."""
    await own_pause(services, principal, pause_id)
    return await redeliver(
        services, delivery_id, lambda found: found.is_callback and found.pause_id == pause_id
    )
