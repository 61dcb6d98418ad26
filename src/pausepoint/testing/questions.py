"""Messages that the person received."""

from __future__ import annotations

from dataclasses import dataclass

from pausepoint.channels.dev_inbox import InboxMessage


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """One message to the person. `respond_url` is the link in it, `sender` the account's name."""

    pause_id: str
    channel: str
    recipient: str
    sender: str
    message: str
    options: tuple[str, ...]
    respond_url: str
    is_reminder: bool

    @classmethod
    def of(cls, received: InboxMessage) -> AskedQuestion:
        sent = received.notification
        return cls(
            pause_id=sent.pause_id,
            channel=received.channel,
            recipient=sent.recipient,
            sender=sent.sender,
            message=sent.message,
            options=sent.options,
            respond_url=sent.respond_url,
            is_reminder=sent.is_reminder,
        )

    @property
    def token(self) -> str:
        return self.respond_url.rpartition("/")[2]

    def __str__(self) -> str:
        return f"{self.message!r} with the options {', '.join(map(repr, self.options))}"
