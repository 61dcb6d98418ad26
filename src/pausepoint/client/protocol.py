"""Types between the I/O-free core and its drivers: requests out, outcomes back.

The core is made of generators. Each yields a `Request`, is sent what became of it, and so on;
what it returns is the call's result. A driver waits `delay` seconds, sends the request, and
measures how long that took: the core needs no clock.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import TypeAlias, TypeVar

from msgspec import Struct

T = TypeVar("T")


class Request(Struct, frozen=True, kw_only=True):
    """One HTTP request; `path` begins with a slash and holds its query.

    `delay` is how many seconds to wait before it is sent, `hold` how many seconds the server may
    take on purpose: time-outs come on top of that. An answer that `is_stream` has no end; it begins
    after `last_event_id`.
    """

    method: str
    path: str
    content: bytes | None = None
    idempotency_key: str | None = None
    hold: float = 0
    delay: float = 0
    is_stream: bool = False
    last_event_id: str | None = None

    @property
    def may_be_repeated(self) -> bool:
        """True if the request is idempotent (RFC 9110, section 9.2.2)."""
        return self.method in ("GET", "DELETE") or self.idempotency_key is not None

    def __repr__(self) -> str:
        return f"Request({self.method}, hold={self.hold}, delay={self.delay})"


class Response(Struct, frozen=True, kw_only=True):
    """A whole HTTP response; header names are in lower case, `seconds` is its duration."""

    status: int
    content: bytes = b""
    headers: Mapping[str, str] = {}
    seconds: float = 0

    def __repr__(self) -> str:
        return f"Response({self.status})"


class NoAnswer(Struct, frozen=True, kw_only=True):
    """`is_sent` says whether the server may have acted, `is_final` that trying again is useless."""

    reason: str
    is_sent: bool
    is_final: bool = False
    seconds: float = 0


Outcome: TypeAlias = Response | NoAnswer
Steps: TypeAlias = Generator[Request, Outcome, T]
