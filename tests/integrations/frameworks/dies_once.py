"""Runs an example that dies in its tool, the first time: `dies_once.py EXAMPLE`."""

from __future__ import annotations

import builtins
import os
import runpy
import signal
import sys
from pathlib import Path
from typing import Any

say = builtins.print


def say_or_die(*values: Any, **options: Any) -> None:
    if str(values[0]).startswith("wiring") and not Path("died").exists():
        Path("died").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    say(*values, **options)


builtins.print = say_or_die
example = sys.argv.pop(1)
sys.path.insert(0, str(Path(example).parent))
runpy.run_path(example, run_name="__main__")
