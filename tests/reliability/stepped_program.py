"""The program on a clock that can be set: STEP_FILE holds how many milliseconds it is off."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from pausepoint.cli import main
from pausepoint.clock import SystemClock
from pausepoint.domain.time import Instant

STEP_FILE: Final = Path(os.environ["STEP_FILE"])  # noqa: TID251 - of this build alone

_now = SystemClock.now


def _stepped(clock: SystemClock) -> Instant:
    return _now(clock) + int(STEP_FILE.read_text("ascii"))


if __name__ == "__main__":
    SystemClock.now = _stepped  # type: ignore[method-assign]
    main()
