"""What clients did to one pause and saw of it, and whether one moment of its end explains all of it.

A pause is a register that is written once. So a history is linearizable exactly if there is an
instant that lies after the beginning of every look that still saw it pending, before the end of
every look that saw it ended, and within the write that won (Herlihy and Wing, 1990).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seen:
    """One call. `outcome` is what it says of the pause: None for pending, else how it ended.

    `wrote` is the end that the call would make; with `is_known` False nobody knows whether it did,
    and `end` is infinite.
    """

    begin: float
    end: float
    outcome: str | None
    wrote: str | None = None
    won: bool = False
    is_known: bool = True


def problem_in(calls: Iterable[Seen], final: str | None) -> str | None:
    """What is wrong with the history of a pause that stands at `final` in the end; None if nothing."""
    known = [call for call in calls if call.is_known]
    unknown = [call for call in calls if not call.is_known]
    winners = [call for call in known if call.won]
    if len(winners) > 1:
        return f"{len(winners)} calls were told that they ended it"
    told = {call.outcome for call in known if call.outcome is not None}
    if len(told) > 1 or (told and told != {final}):
        return f"it ended as {sorted(map(str, told))}, and stands at {final}"
    if winners and winners[0].wrote != final:
        return f"{winners[0].wrote} was acknowledged, and it stands at {final}"
    if final is None:
        return None
    writers = winners or [call for call in unknown if call.wrote == final]
    if not writers:
        return f"nobody wrote {final}"
    after = max((call.begin for call in known if call.outcome is None), default=-math.inf)
    before = min((call.end for call in known if call.outcome is not None), default=math.inf)
    if any(max(after, call.begin) <= min(before, call.end) for call in writers):
        return None
    return "it was seen pending after it was seen ended"
