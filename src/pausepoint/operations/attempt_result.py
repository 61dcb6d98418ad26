"""The result of one delivery attempt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from pausepoint.domain.delivery import Outcome


@dataclass(frozen=True, slots=True)
class AttemptResult:
    """`code` is the other side's, or a short word of ours; `retry_after` what it asked for.

    A message that was sent is checked again after `look_again_after`: whether it arrived, or for
    the answer of a simulated person. `facts` are figures that the audit log keeps, such as an SMS's segments.
    """

    outcome: Outcome
    code: str | None = None
    retry_after: timedelta | None = None
    provider_id: str | None = None
    look_again_after: timedelta | None = None
    facts: Mapping[str, str | int] = field(default_factory=dict)
