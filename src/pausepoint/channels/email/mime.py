"""A mail as bytes: headers that nothing can break out of, text before HTML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.charset import QP, Charset
from email.header import Header
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.policy import compat32
from email.utils import format_datetime
from typing import Any, Final

from pausepoint.domain.time import Instant, to_datetime

_POLICY: Final = compat32.clone(linesep="\r\n")


@dataclass(frozen=True, slots=True)
class Email:
    """A mail but for its date and its From address, which the transport adds.

    `message_id` is with its angle brackets and the same for every attempt.
    """

    to: str
    subject: str
    from_name: str
    text: str
    html: str
    message_id: str
    headers: Mapping[str, str]


def compose(message: Email, from_address: str, now: Instant) -> bytes:
    """The mail as bytes, 7 bits wide.

    By the old policy, which takes headers as they are: the newer one decodes and folds them again,
    and may lose a display name's quotes on the way.
    """
    mail: Message[Any, Any] = MIMEMultipart("alternative", policy=_POLICY)
    mail["From"] = _mailbox(message.from_name, from_address)
    mail["To"] = message.to
    mail["Subject"] = Header(message.subject, _charset_of(message.subject), header_name="Subject")
    mail["Date"] = format_datetime(to_datetime(now))
    mail["Message-ID"] = message.message_id
    for name, value in message.headers.items():
        mail[name] = value
    mail.attach(_part(message.text, "plain"))
    mail.attach(_part(message.html, "html"))
    # Not every mail program unfolds a long URL that begins on the header's second line.
    return mail.as_bytes().replace(b"List-Unsubscribe: \r\n <", b"List-Unsubscribe: <", 1)


def _mailbox(name: str, address: str) -> Header:
    """Name and address; the name is a quoted string or encoded words: neither can end early."""
    if name.isascii():
        name = f'"{name}"'
    mailbox = Header(name, _charset_of(name), header_name="From")
    mailbox.append(f"<{address}>", "us-ascii")
    return mailbox


def _charset_of(text: str) -> str:
    return "us-ascii" if text.isascii() else "utf-8"


def _part(text: str, subtype: str) -> MIMENonMultipart:
    charset = Charset("utf-8")
    charset.body_encoding = QP
    part = MIMENonMultipart("text", subtype, charset="utf-8")
    part.set_payload(text, charset)
    return part
