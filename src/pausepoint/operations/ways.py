"""Whom a pause asks: each address in its one spelling, on a channel that can send."""

from __future__ import annotations

from pausepoint.domain.errors import (
    ChannelNotConfigured,
    InvalidChannel,
    InvalidRecipient,
    ValidationFailed,
)
from pausepoint.domain.pause import Mode, Pause, Way
from pausepoint.domain.question import Question
from pausepoint.domain.simulated_people import (
    SimulatedPerson,
    simulated_address,
    simulated_person,
)
from pausepoint.operations.naming_place import naming_place
from pausepoint.operations.services import Services


def checked_recipient(services: Services, mode: Mode, question: Question, way: Way) -> str:
    """The address as it is kept. Raises InvalidChannel, InvalidRecipient, ChannelNotConfigured."""
    known = services.channels.get(way.channel)
    if known is None:
        raise unknown_channel(services)
    address = simulated_address(way.recipient, way.channel) or known.normalise(way.recipient)
    person = simulated_person(address)
    if person is not None:
        _check_person(person, mode, question)
    else:
        _check_channel(services, mode, way)
    return address


def checked_address(services: Services, mode: Mode, way: Way) -> str:
    """As `checked_recipient`, where nothing is asked. Simulated people are in no directory."""
    known = services.channels.get(way.channel)
    if known is None:
        raise unknown_channel(services)
    address = known.normalise(way.recipient)
    if simulated_person(simulated_address(address, way.channel) or address) is not None:
        raise InvalidRecipient("Simulated people answer test keys, and need no confirmation.")
    _check_channel(services, mode, way)
    return address


def checked_fallback(
    services: Services, mode: Mode, question: Question, recipient: str
) -> tuple[Way, ...]:
    """`recipient` is the question's own, checked. Raises as above, and ValidationFailed."""
    ways = [Way(question.channel, recipient)]
    for place, way in enumerate(question.fallback, 1):
        with naming_place(place):
            address = checked_recipient(services, mode, question, way)
        ways.append(Way(way.channel, address))
    if len(set(ways)) < len(ways):
        raise ValidationFailed(("fallback", "Each must be another one than all before it."))
    return tuple(ways[1:])


def unknown_channel(services: Services) -> InvalidChannel:
    known = ", ".join(services.channels)
    return InvalidChannel(InvalidChannel.sentence.replace("{channel_list}", known))


def channels_of(pause: Pause) -> tuple[str, ...]:
    """Every channel that the pause may be asked on."""
    if not pause.fallbacks:
        return (pause.channel,)
    assert pause.content is not None
    return (pause.channel, *(way.channel for way in pause.content.fallback))


def masked(services: Services, way: Way) -> str:
    """The address as API answers show it."""
    return services.channels[way.channel].mask(way.recipient)


def _check_channel(services: Services, mode: Mode, way: Way) -> None:
    if mode is Mode.LIVE and way.channel not in services.transports[mode]:
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
