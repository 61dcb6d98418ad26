"""The programs of npm that these tests run, installed once for each state of the lock."""

from __future__ import annotations

import hashlib
import platform
import shutil
import subprocess
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
BUILD: Final = HERE.parents[1] / ".build" / "integrations"
_MACHINES: Final = {"x86_64": "x64", "aarch64": "arm64"}


def installed() -> Path:
    """The folder of packages, made by `npm ci` if need be; no install script is run."""
    lock = (HERE / "package-lock.json").read_bytes()
    place = BUILD / f"node-{hashlib.sha256(lock).hexdigest()[:12]}"
    if not (place / "ready").exists():
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, place)
        quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--silent")
        subprocess.run(["npm", "ci", *quiet], cwd=place, check=True, timeout=600)
        (place / "ready").touch()
    return place / "node_modules"


def node(modules: Path) -> Path:
    """A Node new enough for the Inspector, whatever the system has."""
    return modules / f"node-linux-{_MACHINES[platform.machine()]}" / "bin" / "node"


def claude(modules: Path) -> Path:
    machine = _MACHINES[platform.machine()]
    return modules / "@anthropic-ai" / f"claude-code-linux-{machine}" / "claude"
