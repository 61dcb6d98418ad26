"""THE list of channels: all code that names, describes or chooses a channel reads it from here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from pausepoint.channels.base import AnyChannel, AnyTransport, HttpClient, OperatorValues
from pausepoint.channels.email import EmailChannel
from pausepoint.channels.slack import SlackChannel
from pausepoint.channels.sms import SmsChannel

CHANNELS: Final[dict[str, type[AnyChannel]]] = {}


def register(channel: type[AnyChannel]) -> None:
    """Before the settings are read, since a channel brings its own."""
    if channel.name in CHANNELS:
        raise ValueError(f"There are two channels named {channel.name}.")
    CHANNELS[channel.name] = channel


for _channel in (SmsChannel, EmailChannel, SlackChannel):
    register(_channel)


def configure_channels(given: OperatorValues) -> tuple[dict[str, AnyChannel], list[str]]:
    """Every channel by its name, set up or not; and what is wrong with the operator's settings."""
    channels: dict[str, AnyChannel] = {}
    problems: list[str] = []
    for name, channel in CHANNELS.items():
        try:
            channels[name] = channel.configure(given)
        except ValueError as error:
            problems.append(str(error))
    return channels, problems


def transports_of(
    channels: Sequence[AnyChannel], guarded: HttpClient, operator: HttpClient
) -> dict[str, AnyTransport]:
    """The transports of those channels that are set up, by the channel's name."""
    return {
        channel.name: channel.transport(guarded, operator)
        for channel in channels
        if channel.is_set_up
    }


def channel_of_recipient(recipient: str) -> str | None:
    """The channel whose recipients look like this one."""
    for name, channel in CHANNELS.items():
        if re.fullmatch(channel.recipient_form, recipient.strip()):
            return name
    return None


def channel_of_pattern(pattern: str) -> str | None:
    """The channel for which PAUSEPOINT_RECIPIENTS_ALLOWED may hold this."""
    for name, channel in CHANNELS.items():
        if channel.is_allowed_pattern(pattern):
            return name
    return None
