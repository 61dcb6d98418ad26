"""Accounts, their keys and their webhooks."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, Protocol

from pausepoint.domain.errors import ScopeMissing
from pausepoint.domain.mode import Mode
from pausepoint.domain.record import record
from pausepoint.domain.scopes import UNRESTRICTED, KeyRestrictions, Scope
from pausepoint.domain.time import Instant

NAME_LIMIT: Final = 100
_NAME_WORDS: Final = 8
_OUR_NAME: Final = "PausePoint"
_NO_LETTERS: Final = re.compile(r"[\W_]+")
_WORDS: Final = re.compile(r"\S*[^\W\d_]\S*")
_SENTENCES: Final = re.compile(r"(?:[!?;:…。！？；：]|\b[a-z]\w{3,}[.]|\w{5}[.])\s+\S")
"""One after another. A full stop may end an abbreviation: `St. Mary's`, `Acme Corp. of Ohio`."""

_SENTENCE_MARK: Final = re.compile(
    r"[<>;…|。！？；：]|[!?:](?:\s|$)|\b[a-z]\w{3,}[.]\s|\w{5}[.]\s|,,"
)

_SECRET_LENGTHS: Final = range(16, 513)


def wrong_name(name: str) -> str | None:
    """Return the problem with the name of an account or a key, or None."""
    if name.strip() and name.isprintable() and len(name) <= NAME_LIMIT:
        return None
    return f"Must be one line of 1 to {NAME_LIMIT} characters."


def wrong_account_name(name: str, looks_like: Callable[[str], str]) -> str | None:
    """Return the problem with an account's name, or None. Sentences that people read contain it.

    `looks_like` maps a text to a form that is equal for texts that look alike.
    """
    if sentence := wrong_name(name):
        return sentence
    letters = _NO_LETTERS.sub("", name)
    if any(looks_like(_OUR_NAME) in looks_like(each) for each in (name, letters)):
        return f"Must not contain {_OUR_NAME}: people would take your agents for this service."
    if len(_WORDS.findall(name)) > _NAME_WORDS or _SENTENCES.search(name):
        return f"Must be a name, not a sentence: at most {_NAME_WORDS} words."
    return None


def is_name(text: str) -> bool:
    """Return True if it needs no quotation marks in a sentence."""
    return len(text.split()) <= _NAME_WORDS and _SENTENCE_MARK.search(text) is None


def wrong_secret(secret: str) -> str | None:
    """Return what is wrong with a webhook secret, or None."""
    return None if len(secret) in _SECRET_LENGTHS else "Must have 16 to 512 characters."


@record(frozen=True, slots=True, kw_only=True)
class Developer:
    developer_id: str
    email: str
    name: str
    plan: str
    created_at: Instant
    password_hash: str | None = None
    disabled_at: Instant | None = None


@record(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key as the server knows it: never the key, only its SHA-256 and its first characters."""

    key_id: str
    developer_id: str
    mode: Mode
    prefix: str
    key_hash: str
    name: str
    created_at: Instant
    revoked_at: Instant | None = None
    restrictions: KeyRestrictions = UNRESTRICTED
    last_used_at: Instant | None = None

    def is_alive(self, now: Instant) -> bool:
        return self.revoked_at is None and not self.restrictions.has_expired(now)


class Owned(Protocol):
    """An object of an account in one mode: a pause, a webhook, a recipient."""

    @property
    def developer_id(self) -> str: ...
    @property
    def mode(self) -> Mode: ...


@record(frozen=True, slots=True)
class Principal:
    """The authenticated caller: an account, by one of its keys."""

    key_id: str
    developer_id: str
    mode: Mode
    plan: str
    restrictions: KeyRestrictions = UNRESTRICTED

    def sees(self, owned: Owned) -> bool:
        """An account sees what is its own, and of the key's mode only."""
        return owned.developer_id == self.developer_id and owned.mode is self.mode

    def require(self, scope: Scope) -> None:
        """Raises ScopeMissing."""
        if not self.restrictions.allows(scope):
            raise ScopeMissing(f"This key lacks the scope `{scope}`. Use a key that has it.")
