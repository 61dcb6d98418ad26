"""Recipient policy: an account's directory, the operator's allow-list, and opt-out (mutes)."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache
from typing import Final

from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Contact
from pausepoint.domain.record import record
from pausepoint.domain.time import Instant


class VerifiedBy(StrEnum):
    PERSON = "person"  # by the link that was sent to the address
    OPERATOR = "operator"  # by a command


class MuteReason(StrEnum):
    MUTED = "muted"
    REPORTED = "reported"  # muted, and reported to the operator


class Asking(StrEnum):
    """The state of the message that asks a person to confirm."""

    SENT = "sent"
    FAILED = "failed"
    SIMULATED = "simulated"  # a test key's: no real person was asked


@record(frozen=True, slots=True, kw_only=True)
class Recipient:
    """An address in an account's directory. Live keys may ask it once it is verified.

    `asked_at` is when the last confirmation was tried, `asking` and `asked_code` what came of it.
    """

    recipient_id: str
    developer_id: str
    mode: Mode
    contact: Contact
    created_at: Instant
    verified_at: Instant | None = None
    verified_by: VerifiedBy | None = None
    asked_at: Instant | None = None
    asking: Asking | None = None
    asked_code: str | None = None


@record(frozen=True, slots=True, kw_only=True)
class Mute:
    """A person at `contact` who wants no more messages from the agents of one account."""

    mute_id: str
    developer_id: str
    mode: Mode
    contact: Contact
    reason: MuteReason
    created_at: Instant


@record(frozen=True, slots=True)
class RecipientRules:
    """The operator's choices. `allowed` are addresses or patterns, each for one channel."""

    has_directory: bool = False
    allowed: tuple[Contact, ...] = ()

    def allows(self, contact: Contact) -> bool:
        """Return True if the operator has allowed this address, confirmed or not.

        A pattern holds for its own channel only: `+44*` does not match `+44agent@example.com`.
        """
        return any(
            each.channel == contact.channel
            and _pattern(each.recipient).fullmatch(contact.recipient)
            for each in self.allowed
        )


# What mail servers rewrite into a route to another domain: the percent hack and bang paths
# (RFC 1123, 5.3.6 and Postfix's allow_percent_hack and swap_bangpath, both on by default), source
# routes (RFC 5321, appendix C), pipes and X.400 attributes (RFC 2156) of gateways, addresses that a
# forwarder wrapped (SRS, VERP's user=domain), Exchange's IMCEA encapsulation and guest accounts.
_ROUTED: Final = re.compile(
    r"[%!@:;,<>()\[\]\\\"\s]|^[|/]|^srs[01][=+-]|^imcea[a-z0-9]*-|=[^=]*\.|#ext#", re.IGNORECASE
)


def is_routed(address: str) -> bool:
    """Return True if a mail server may take the e-mail address for a route to another domain."""
    return _ROUTED.search(address.rpartition("@")[0]) is not None


ROUTED_ADDRESS: Final = (
    "A mail server may deliver this address to another domain than the one after its @. Give the"
    " person's own address, without a route such as % or ! in it."
)


_MAIL: Final = re.compile(r"(?P<local>[^@]+?)(?:\+[^@]*)?(?P<domain>@.+)")


def is_mailbox(recipient: str) -> bool:
    return "@" in recipient and "://" not in recipient


def address_of(contact: Contact) -> str:
    """Equal for addresses that are surely one: capitals make no other mailbox."""
    return contact.recipient.casefold() if is_mailbox(contact.recipient) else contact.recipient


# Providers whose domains lead to one mailbox, and what they ignore in the part before the @. Sources:
# Google, "Dots don't matter in Gmail addresses"; Apple, "@icloud.com, @me.com and @mac.com"; Proton's
# own clients, which compare addresses without `.`, `_` and `-`; Yandex, "Mailbox aliases".
_ONE_MAILBOX: Final = {
    domain: (domains[0], ignored)
    for domains, ignored in (
        (("gmail.com", "googlemail.com"), "."),
        (("icloud.com", "me.com", "mac.com"), ""),
        (("proton.me", "protonmail.com", "protonmail.ch", "pm.me"), "._-"),
        (("yandex.ru", "ya.ru", "yandex.com", "yandex.by", "yandex.kz"), ".-"),
    )
    for domain in domains
}


def untagged(contact: Contact) -> str:
    """The address without what follows a `+`: what mutes were kept under before `person_of` knew
    providers, as processes of that release still do."""
    matched = _MAIL.fullmatch(address_of(contact)) if is_mailbox(contact.recipient) else None
    return matched["local"] + matched["domain"] if matched else address_of(contact)


def person_of(contact: Contact) -> str:
    """Return one spelling for all addresses that reach one person.

    `bob+deploys@…` is Bob's mailbox everywhere; what else leads there is known for some providers.
    """
    mailbox = untagged(contact)
    local, at, domain = mailbox.rpartition("@")
    if not at or not is_mailbox(contact.recipient):
        return mailbox
    domain, ignored = _ONE_MAILBOX.get(domain, (domain, ""))
    return f"{local.translate({ord(each): None for each in ignored}) or local}@{domain}"


@cache
def _pattern(text: str) -> re.Pattern[str]:
    """`*` stands for anything. Of addresses, URLs alone know capitals."""
    flags = re.DOTALL | (0 if "://" in text else re.IGNORECASE)
    return re.compile(".*".join(map(re.escape, text.split("*"))), flags)
