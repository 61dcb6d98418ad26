"""What every channel must keep, whichever there are: a new one in the registry is met here."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pausepoint.channels.base import AnyChannel, Notification, OperatorValues
from pausepoint.channels.outbound import GuardedClient, OperatorClient
from pausepoint.channels.registry import configure_channels, transports_of
from pausepoint.domain.errors import InvalidRecipient
from tests.channels.samples import RESPOND_URL, hostile_text, notification

CHANNELS, _ = configure_channels(OperatorValues({}, "https://pause.example.com", True))
RECIPIENTS = {
    "sms": "+12025550100",
    "email": "alice@example.com",
    "slack": "https://hooks.slack.com/services/T000/B000/secret",
}
every_channel = pytest.mark.parametrize("channel", CHANNELS.values(), ids=CHANNELS)


def asked_by(channel: AnyChannel, **changes: object) -> Notification:
    return notification(recipient=channel.normalise(RECIPIENTS[channel.name]), **changes)


def all_text(message: object) -> str:
    """A rendered message's every field, as one JSON text."""
    return json.dumps(dataclasses.asdict(message), ensure_ascii=False)  # type: ignore[call-overload]


def test_every_channel_has_an_example_here() -> None:
    assert CHANNELS.keys() == RECIPIENTS.keys()
    assert all(channel.name == name for name, channel in CHANNELS.items())


@every_channel
def test_normalising_twice_changes_nothing(channel: AnyChannel) -> None:
    once = channel.normalise(RECIPIENTS[channel.name])
    assert channel.normalise(once) == once


@every_channel
def test_other_channels_recipients_are_refused(channel: AnyChannel) -> None:
    for name, recipient in RECIPIENTS.items():
        if name != channel.name:
            with pytest.raises(InvalidRecipient):
                channel.normalise(recipient)


@every_channel
@given(recipient=st.text(st.characters() | st.characters(categories=["Cs"])) | hostile_text)
def test_no_recipient_does_worse_than_a_refusal(channel: AnyChannel, recipient: str) -> None:
    try:
        normalised = channel.normalise(recipient)
    except InvalidRecipient:
        channel.mask(recipient)
    else:
        assert channel.normalise(normalised) == normalised


@every_channel
@given(message=hostile_text, option=hostile_text, sender=hostile_text)
def test_the_link_is_always_there_and_whole(
    channel: AnyChannel, message: str, option: str, sender: str
) -> None:
    rendered = channel.render(
        asked_by(
            channel,
            message=message,
            sender=sender[:200],
            options=(option[:100], "Reject"),
            timeout_default=option[:100],
        )
    )
    text = all_text(rendered)
    assert RESPOND_URL in text
    text.encode()
    for hidden in "\u202e\u2066\u200b\u3164\u2028\x00":
        assert hidden not in text


@every_channel
def test_a_message_depends_on_nothing_but_the_notification(channel: AnyChannel) -> None:
    asked = asked_by(channel)
    assert channel.render(asked) == channel.render(asked)


def test_the_mask_hides_secrets() -> None:
    for channel in CHANNELS.values():
        assert "secret" not in channel.mask(RECIPIENTS[channel.name])


def test_only_what_is_set_up_can_leave() -> None:
    clients = GuardedClient(), OperatorClient()
    assert transports_of(list(CHANNELS.values()), *clients).keys() == {"slack"}
    values = {
        "twilio_account_sid": "AC1",
        "twilio_auth_token": "token",
        "twilio_from": "+12025550199",
        "smtp_url": "smtp://localhost:25",
        "email_from": "asks@pp.example.com",
        "sms_max_segments": 1,
    }
    channels, problems = configure_channels(OperatorValues(values, "http://localhost", True))
    assert not problems
    assert transports_of(list(channels.values()), *clients).keys() == CHANNELS.keys()
    assert channels["sms"].render(asked_by(channels["sms"], message="x" * 500)).segments == 1
    mail = channels["email"].render(asked_by(channels["email"]))
    assert mail.message_id.endswith("@pp.example.com>")
