"""Slack as a channel: the URL of an incoming webhook is the recipient."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar, Final
from urllib.parse import SplitResult, urlsplit

from pausepoint.channels.base import (
    Channel,
    HttpClient,
    Notification,
    OperatorValues,
    Preview,
    template_beside,
)
from pausepoint.channels.setting import Setting, listed
from pausepoint.channels.slack.message import SlackPost, render_slack
from pausepoint.channels.slack.webhook import SlackTransport
from pausepoint.domain.errors import InvalidRecipient
from pausepoint.domain.simulated_people import simulated_address

DEFAULT_HOSTS: Final = ("hooks.slack.com", "hooks.slack-gov.com")
_PATH: Final = re.compile(r"/services/[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*")
_WORKFLOW_PATHS: Final = ("/workflows/", "/triggers/")


def _host_names(value: str) -> tuple[str, ...]:
    hosts = listed(value)
    if not hosts or not all(re.fullmatch(r"[0-9A-Za-z.-]+(:\d{1,5})?", host) for host in hosts):
        raise ValueError("must be host names, such as hooks.slack.com or 127.0.0.1:9000")
    return hosts


_SETTINGS: Final = (
    Setting(
        "PAUSEPOINT_SLACK_HOSTS",
        "slack_hosts",
        _host_names,
        "hooks.slack.com,hooks.slack-gov.com",
        "Which hosts (`host` or `host:port`) a Slack recipient may name.",
    ),
)


class SlackChannel(Channel[SlackPost]):
    """`hosts` are those a recipient may name.

    A recipient brings its own URL; what makes it usable is that the link in the message leads here.
    """

    name: ClassVar = "slack"
    reached_by: ClassVar = "on Slack"
    address: ClassVar = "Slack webhook URL"
    recipient_form: ClassVar = r"https?://.*"
    allowed_form: ClassVar = r"https?://[A-Za-z0-9.:-]+/services/[A-Za-z0-9_-][A-Za-z0-9_/-]*\*?"
    allowed_example: ClassVar = "https://hooks.slack.com/services/T0123/*"
    setup_hint: ClassVar = "PAUSEPOINT_PUBLIC_URL"
    settings: ClassVar = _SETTINGS
    needs_settings: ClassVar = False

    def __init__(self, hosts: Sequence[str] = DEFAULT_HOSTS, is_set_up: bool = True) -> None:
        self._hosts = frozenset(host.lower() for host in hosts)
        self._is_set_up = is_set_up

    @classmethod
    def configure(cls, given: OperatorValues) -> SlackChannel:
        return cls(given.values.get("slack_hosts", DEFAULT_HOSTS), given.has_public_url)

    @property
    def is_set_up(self) -> bool:
        return self._is_set_up

    def normalise(self, recipient: str) -> str:
        parts = _split(recipient.strip())
        host = parts.netloc.lower()
        if parts.scheme == "https":
            host = host if host in self._hosts else host.removesuffix(":443")
        # Plain http is for a stand-in on this machine, which the operator lists with its port.
        is_known_scheme = parts.scheme == "https" or (parts.scheme == "http" and ":" in host)
        if not is_known_scheme or host not in self._hosts:
            raise InvalidRecipient(
                f"A Slack recipient is an https URL of {' or '.join(sorted(self._hosts))}."
            )
        if parts.path.startswith(_WORKFLOW_PATHS):
            raise InvalidRecipient(
                "This URL starts a Slack workflow, which takes variables of its own, not messages."
                " Use an incoming webhook: its path begins with /services/."
            )
        if not _PATH.fullmatch(parts.path) or parts.query or parts.fragment:
            raise InvalidRecipient("A Slack incoming webhook's path begins with /services/.")
        return f"{parts.scheme}://{host}{parts.path}"

    def mask(self, recipient: str) -> str:
        """Host and the first letter of the workspace: enough to recognise one."""
        if simulated_address(recipient, self.name) is not None:
            return recipient  # it is no secret
        try:
            parts = _split(recipient)
        except InvalidRecipient:
            return "****"
        if not _PATH.fullmatch(parts.path) or "@" in parts.netloc:
            return "****"
        return f"{parts.scheme}://{parts.netloc}/services/{parts.path.split('/')[2][:1]}…/****"

    def render(self, notification: Notification) -> SlackPost:
        return render_slack(notification)

    def preview(self, message: SlackPost) -> Preview:
        from pausepoint.channels.slack.preview import slack_html  # noqa: PLC0415 - see pausepoint.channels

        return Preview(template_beside(__file__), {"html": slack_html(message.payload)})

    def transport(self, guarded: HttpClient, operator: HttpClient) -> SlackTransport:
        return SlackTransport(guarded)


def _split(url: str) -> SplitResult:
    try:
        # urlsplit drops line breaks and tabs; case folding makes ASCII of some other letters.
        if not url.isascii() or not url.isprintable():
            raise ValueError
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise InvalidRecipient("A Slack recipient is the URL of an incoming webhook.") from None
    return parts
