"""The checks of `pausepoint doctor`: settings, database, channels; and, if asked, one message."""

from __future__ import annotations

import errno
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from pausepoint.admin.socket import socket_path
from pausepoint.channels.base import ChannelError, Notification
from pausepoint.channels.registry import channel_of_recipient
from pausepoint.channels.wording import in_words
from pausepoint.config.settings import Command, ConfigError, Settings, load
from pausepoint.domain.errors import InvalidRecipient
from pausepoint.domain.ids import DELIVERY, PAUSE, new_id
from pausepoint.domain.mode import Mode
from pausepoint.domain.time import milliseconds
from pausepoint.lifecycle.bootstrap import Running, open_service
from pausepoint.store.base import CannotOpen, StoreUnavailable
from pausepoint.store.sqlite.store import DatabaseInUse
from pausepoint.web.server import listen


@dataclass(frozen=True, slots=True)
class Finding:
    """`level` is ok, note or wrong."""

    subject: str
    level: str
    sentence: str

    @property
    def is_wrong(self) -> bool:
        return self.level == "wrong"

    @property
    def mark(self) -> str:
        return {"ok": "ok   ", "note": "note ", "wrong": "WRONG"}[self.level]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


async def examine(command: str, send_test: str | None) -> list[Finding]:
    """Return all findings, the settings first. Sends a message only if `send_test` names a recipient."""
    try:
        settings = load(Command(command))
    except ConfigError as error:
        return [Finding("settings", "wrong", problem) for problem in error.problems]
    findings = [Finding("settings", "ok", f"Links begin with {settings.public_url}.")]
    findings += _channels(settings)
    findings += _addresses(settings)
    try:
        running = await open_service(settings)
    except DatabaseInUse:
        is_served = socket_path(settings.database_path).exists()
        state = "in use by a running PausePoint" if is_served else "locked by another program"
        findings.append(Finding("database", "note", f"{settings.database_name} is {state}."))
        return findings
    except StoreUnavailable as error:
        sentence = f"{settings.database_name} cannot be reached: {error}."
        findings.append(Finding("database", "wrong", sentence))
        return findings
    except (CannotOpen, ConfigError, OSError) as error:
        findings.append(Finding("database", "wrong", str(error)))
        return findings
    try:
        await running.store.check()
        findings.append(Finding("database", "ok", f"{settings.database_name} can be written."))
        if send_test:
            findings.append(await _send(running, send_test))
    finally:
        await running.close()
    return findings


def _channels(settings: Settings) -> list[Finding]:
    def finding(name: str, is_set_up: bool, what: str) -> Finding:
        if is_set_up:
            return Finding(name, "ok", "Set up.")
        return Finding(name, "note", f"Not set up: set {what} to use it.")

    return [
        finding(channel.name, channel.is_set_up, channel.setup_hint)
        for channel in settings.channels.values()
    ]


def _addresses(settings: Settings) -> list[Finding]:
    """Try to listen where `serve` listens; an address in use may be the running server's own."""
    findings = []
    for subject, address in (
        ("address", (settings.host, settings.port)),
        ("metrics", settings.metrics_address),
    ):
        if address is None:
            continue
        name = "{}:{}".format(*address)
        try:
            listen(*address).close()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                sentence = f"{name} is in use, by a running PausePoint or another program."
                findings.append(Finding(subject, "note", sentence))
            else:
                sentence = f"Cannot listen on {name} ({error.strerror})."
                findings.append(Finding(subject, "wrong", sentence))
        else:
            findings.append(Finding(subject, "ok", f"{name} is free."))
    return findings


async def _send(running: Running, recipient: str) -> Finding:
    services = running.services
    name = channel_of_recipient(recipient)
    if name is None:
        known = in_words([channel.address for channel in services.channels.values()])
        return Finding("test message", "wrong", f"This is no {known}, so nothing was sent.")
    transport = services.transports[Mode.LIVE].get(name)
    if transport is None:
        return Finding(name, "wrong", "Not set up, so nothing was sent.")
    now = services.clock.now()
    channel = services.channels[name]
    try:
        notification = Notification(
            delivery_id=new_id(DELIVERY, now),
            pause_id=new_id(PAUSE, now),
            sender="pausepoint doctor",
            recipient=channel.normalise(recipient),
            message="This is a test message from PausePoint. There is nothing to answer.",
            options=("Yes", "No"),
            timeout_default=None,
            created_at=now,
            expires_at=now + milliseconds(timedelta(hours=1)),
            respond_url=services.policy.public_url,
        )
        receipt = await transport.send(channel.render(notification), notification, now)
    except (ChannelError, InvalidRecipient) as error:
        return Finding(name, "wrong", f"The test message did not leave: {error}")
    return Finding(name, "ok", f"The next system took the test message ({receipt.code or 'ok'}).")
