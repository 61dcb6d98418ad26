"""Which channels there are: one line each for how it reads, and one for how it leaves."""

from __future__ import annotations

from dataclasses import dataclass

from pausepoint.channels.base import AnyChannel, AnyTransport, HttpClient
from pausepoint.channels.email_smtp import EmailChannel, SmtpSettings, SmtpTransport
from pausepoint.channels.slack import DEFAULT_HOSTS, SlackChannel, SlackTransport
from pausepoint.channels.sms import SmsChannel, TwilioSettings, TwilioTransport


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSettings:
    """None where the operator has set nothing up; then the channel has no transport."""

    sms_max_segments: int = 3
    slack_hosts: tuple[str, ...] = DEFAULT_HOSTS
    twilio: TwilioSettings | None = None
    smtp: SmtpSettings | None = None


def build_channels(settings: ChannelSettings) -> dict[str, AnyChannel]:
    """Every channel by its name, set up or not: what it takes and how it reads."""
    channels: list[AnyChannel] = [
        SmsChannel(settings.sms_max_segments),
        EmailChannel(settings.smtp.from_address) if settings.smtp else EmailChannel(),
        SlackChannel(settings.slack_hosts),
    ]
    return {channel.name: channel for channel in channels}


def build_transports(
    settings: ChannelSettings, guarded: HttpClient, operator: HttpClient
) -> dict[str, AnyTransport]:
    """The transports of those channels that are set up, by the channel's name.

    `guarded` reaches addresses that users give, `operator` those of the operator's settings.
    """
    transports: dict[str, AnyTransport] = {"slack": SlackTransport(guarded)}
    if settings.twilio is not None:
        transports["sms"] = TwilioTransport(settings.twilio, operator)
    if settings.smtp is not None:
        transports["email"] = SmtpTransport(settings.smtp)
    return transports
