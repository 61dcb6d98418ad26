"""A simulated person, asked with a test key: answers as a real one does, by the link that was sent.

When is kept with the message that asked: its delivery stays due until it has been answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from pausepoint.domain.delivery import Delivery
from pausepoint.domain.errors import PauseCancelled, TokenExpired, TokenInvalid, TokenUsed
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Contact, Pause
from pausepoint.domain.simulated_people import NOTE, SimulatedPerson, simulated_person
from pausepoint.operations.respond_to_pause import respond_to_pause, response_token
from pausepoint.operations.services import Services
from pausepoint.store.changes import Change, rescheduled


def has_simulated_person(recipient: str, fallback: Sequence[Contact]) -> bool:
    """Return True if one of the contacts is a simulated person."""
    addresses = (recipient, *(contact.recipient for contact in fallback))
    return any(simulated_person(address) is not None for address in addresses)


def person_asked(pause: Pause, delivery: Delivery) -> SimulatedPerson | None:
    """Return the simulated recipient; None for real ones, and once erased."""
    if pause.mode is Mode.LIVE:
        return None
    contact = pause.contact(delivery.recipient_index)
    return None if contact is None else simulated_person(contact.recipient)


async def simulate_answer(
    services: Services, delivery: Delivery, pause: Pause, person: SimulatedPerson
) -> None:
    """Idempotent: a concurrent answer wins."""
    if person.place is not None and pause.content is not None:
        choice = pause.content.options[person.place]
        note = NOTE if person.adds_note else None
        with suppress(TokenUsed, PauseCancelled, TokenExpired, TokenInvalid):
            await respond_to_pause(services, response_token(services, pause), choice, note)
    done = replace(rescheduled(delivery, None), ended_at=services.clock.now())
    await services.store.apply(Change(guard=done))
