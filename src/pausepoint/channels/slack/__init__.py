"""Slack, by an incoming webhook, whose URL is a secret."""

from pausepoint.channels.slack.channel import SlackChannel
from pausepoint.channels.slack.webhook import SlackTransport

__all__ = ["SlackChannel", "SlackTransport"]
