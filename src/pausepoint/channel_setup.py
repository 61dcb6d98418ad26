"""The operator's settings as the channels take them, and held against what the channels accept."""

from __future__ import annotations

from pausepoint.channels.base import CallbackReader
from pausepoint.channels.email_smtp import SmtpSettings
from pausepoint.channels.registry import ChannelSettings, build_channels
from pausepoint.channels.sms import TwilioSettings
from pausepoint.channels.twilio_callback import TwilioCallback
from pausepoint.config import ConfigError, Settings
from pausepoint.domain.errors import InvalidRecipient
from pausepoint.domain.hook_rules import Decision


def channel_settings_of(settings: Settings) -> ChannelSettings:
    """Raises ConfigError where the SMTP server's URL cannot be used."""
    return ChannelSettings(
        sms_max_segments=settings.sms_max_segments,
        slack_hosts=settings.slack_hosts,
        twilio=_twilio(settings),
        smtp=_smtp(settings),
    )


def callback_readers(settings: ChannelSettings) -> dict[str, CallbackReader]:
    """Who reads what a vendor tells, by the vendor's name."""
    return {"twilio": TwilioCallback(settings.twilio.auth_token)} if settings.twilio else {}


def check_hook_rules(settings: Settings) -> None:
    """Raises ConfigError with every rule that would ask somebody who cannot be asked so."""
    channels = build_channels(channel_settings_of(settings))
    problems = []
    for rule in (rule for each in settings.hook_rules.sets for rule in each.rules):
        try:
            if rule.decision is Decision.PERSON:
                channels[rule.channel].normalise(rule.recipient)
        except InvalidRecipient as error:
            problems.append(f"PAUSEPOINT_HOOKS line {rule.line}: {error.message}")
    if problems:
        raise ConfigError(problems)


def _twilio(settings: Settings) -> TwilioSettings | None:
    if not (settings.twilio_account_sid and settings.twilio_auth_token and settings.twilio_from):
        return None
    is_reachable = settings.public_url.startswith("https://")
    return TwilioSettings(
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token,
        from_=settings.twilio_from,
        base_url=settings.twilio_base_url,
        status_callback_base=settings.public_url if is_reachable else None,
    )


def _smtp(settings: Settings) -> SmtpSettings | None:
    if not (settings.smtp_url and settings.email_from):
        return None
    try:
        return SmtpSettings.parse(settings.smtp_url, settings.email_from)
    except ValueError as error:
        raise ConfigError([str(error)]) from error
