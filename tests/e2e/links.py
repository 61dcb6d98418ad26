"""The links that a person finds in a message of each channel."""

from __future__ import annotations

import html
import re
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

_URL = re.compile(r"https?://[^\s<>\"|]+")


class _Anchors(HTMLParser):
    """Where a mail's buttons and links lead, with what stands on them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._open: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._open = dict(attrs)["href"]

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            self.found.append((data.strip(), self._open))
            self._open = None


def in_mail(mail: EmailMessage) -> dict[str, str]:
    """Every link by its label; the plain text's own under `text`, and one to mute under `text: mute`."""
    anchors = _Anchors()
    anchors.feed(_part(mail, "html"))
    labelled = dict(anchors.found)
    of_the_text = zip(("text", "text: mute"), in_text(_part(mail, "plain")), strict=False)
    return {**labelled, **dict(of_the_text)}


def in_text(text: str) -> list[str]:
    return _URL.findall(text)


def in_slack(payload: dict[str, Any]) -> list[str]:
    """Links of every block and of the notification's text, as Slack unescapes them."""
    texts = [payload["text"], *(block["text"]["text"] for block in payload["blocks"])]
    return [html.unescape(url) for text in texts for url in in_text(text)]


def _part(mail: EmailMessage, subtype: str) -> str:
    part = mail.get_body((subtype,))
    assert part is not None
    content: str = part.get_content()
    return content
