"""All that lies between the server and a person's eyes: an SMS company, a mail server, a chat."""

from __future__ import annotations

from contextlib import ExitStack
from email.message import EmailMessage
from types import TracebackType
from typing import Final, Self

from doubles.slack import FakeSlack
from doubles.twilio import FakeTwilio
from tests.e2e.api import eventually
from tests.e2e.links import in_mail, in_slack, in_text
from tests.e2e.receiver import Mailbox

PHONE: Final = "+15550100"
ADDRESS: Final = "alice@example.com"
CHANNELS: Final = ("sms", "email", "slack")


class Vendors:
    """The three of them, and the settings with which a server uses them."""

    def __init__(self) -> None:
        self.twilio = FakeTwilio()
        self.slack = FakeSlack()
        self.mailbox = Mailbox()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        for vendor in (self.twilio, self.slack, self.mailbox):
            self._stack.enter_context(vendor)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    @property
    def settings(self) -> dict[str, str]:
        return {
            **sms_settings(self.twilio),
            "PAUSEPOINT_SMTP_URL": self.mailbox.url,
            "PAUSEPOINT_EMAIL_FROM": "asks@pp.example.com",
            "PAUSEPOINT_SLACK_HOSTS": self.slack.host,
            "PAUSEPOINT_OUTBOUND_ALLOW": "127.0.0.0/8",
        }

    def recipient(self, channel: str) -> str:
        return {"sms": PHONE, "email": ADDRESS, "slack": self.slack.webhook_url}[channel]

    def next_links(self, channel: str) -> dict[str, str]:
        """The links of the one message that the channel gets next, taken out of it."""
        match channel:
            case "email":
                return in_mail(self.next_mail())
            case "sms":
                message = eventually(lambda: self.twilio.messages)[0]
                self.twilio.messages.remove(message)
                return _numbered(in_text(message.fields["Body"]))
            case _:
                post = eventually(lambda: self.slack.posts)[0]
                self.slack.posts.remove(post)
                return _numbered(in_slack(post))

    def next_mail(self) -> EmailMessage:
        return self.mailbox.next()


def sms_settings(twilio: FakeTwilio) -> dict[str, str]:
    return {
        "PAUSEPOINT_TWILIO_ACCOUNT_SID": twilio.account_sid,
        "PAUSEPOINT_TWILIO_AUTH_TOKEN": twilio.auth_token,
        "PAUSEPOINT_TWILIO_FROM": "+15550199",
        "PAUSEPOINT_TWILIO_BASE_URL": twilio.base_url,
    }


def _numbered(links: list[str]) -> dict[str, str]:
    return {str(number): link for number, link in enumerate(links, 1)}
