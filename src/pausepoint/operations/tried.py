"""How one attempt of a delivery ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from pausepoint.domain.delivery import Outcome


@dataclass(frozen=True, slots=True)
class Tried:
    """`code` is the other side's, or a short word of ours; `retry_after` what it asked for."""

    outcome: Outcome
    code: str | None = None
    retry_after: timedelta | None = None
    provider_id: str | None = None
    is_checkable: bool = False
