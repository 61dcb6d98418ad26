"""The contacts of a pause: normalised, on channels that can send."""

from __future__ import annotations

from pausepoint.domain.errors import (
    ChannelNotConfigured,
    InvalidChannel,
    InvalidRecipient,
    ValidationFailed,
)
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Contact, Pause
from pausepoint.domain.question import Question
from pausepoint.domain.simulated_people import (
    SimulatedPerson,
    simulated_address,
    simulated_person,
)
from pausepoint.operations.error_context import error_context
from pausepoint.operations.services import Services


def checked_recipient(services: Services, mode: Mode, question: Question, contact: Contact) -> str:
    """The address as it is kept. Raises InvalidChannel, InvalidRecipient, ChannelNotConfigured."""
    known = services.channels.get(contact.channel)
    if known is None:
        raise unknown_channel(services)
    address = simulated_address(contact.recipient, contact.channel) or known.normalise(
        contact.recipient
    )
    person = simulated_person(address)
    if person is not None:
        _check_person(person, mode, question)
    else:
        _check_channel(services, mode, contact)
    return address


def checked_address(services: Services, mode: Mode, contact: Contact) -> str:
    """As `checked_recipient`, where nothing is asked. Simulated people are in no directory."""
    known = services.channels.get(contact.channel)
    if known is None:
        raise unknown_channel(services)
    address = known.normalise(contact.recipient)
    if simulated_person(simulated_address(address, contact.channel) or address) is not None:
        raise InvalidRecipient("Simulated people answer test keys, and need no confirmation.")
    _check_channel(services, mode, contact)
    return address


def checked_fallback(
    services: Services, mode: Mode, question: Question, recipient: str
) -> tuple[Contact, ...]:
    """`recipient` is the question's own, checked. Raises as above, and ValidationFailed."""
    contacts = [Contact(question.channel, recipient)]
    for place, contact in enumerate(question.fallback, 1):
        with error_context(place):
            address = checked_recipient(services, mode, question, contact)
        contacts.append(Contact(contact.channel, address))
    if len(set(contacts)) < len(contacts):
        raise ValidationFailed(("fallback", "Each must be another one than all before it."))
    return tuple(contacts[1:])


def unknown_channel(services: Services) -> InvalidChannel:
    known = ", ".join(services.channels)
    return InvalidChannel(InvalidChannel.sentence.replace("{channel_list}", known))


def channels_of(pause: Pause) -> tuple[str, ...]:
    """Every channel that the pause may be asked on."""
    if not pause.fallbacks:
        return (pause.channel,)
    assert pause.content is not None
    return (pause.channel, *(contact.channel for contact in pause.content.fallback))


def mask_recipient(services: Services, contact: Contact) -> str:
    """The address as API answers show it."""
    return services.channels[contact.channel].mask(contact.recipient)


def _check_channel(services: Services, mode: Mode, contact: Contact) -> None:
    if mode is Mode.LIVE and contact.channel not in services.transports[mode]:
        raise ChannelNotConfigured


def _check_person(person: SimulatedPerson, mode: Mode, question: Question) -> None:
    if mode is Mode.LIVE:
        raise InvalidRecipient("Simulated people answer test keys only, and this is a live one.")
    if person.place is not None and person.place >= len(question.options):
        raise InvalidRecipient(
            f"This simulated person chooses option {person.place + 1},"
            f" and there are {len(question.options)}."
        )
    if person.adds_note and not question.allow_text_response:
        raise InvalidRecipient(
            "This simulated person writes a note, which needs allow_text_response."
        )
