"""An environment for each peer, apart from ours and from the others', made from pinned versions."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
BUILD: Final = ROOT / ".build" / "peers"


class NotAvailable(Exception):
    """A peer that cannot be had or started here; the message says why."""


def python_environment(name: str) -> Path:
    """The folder of programs of a peer's own Python environment, made if need be."""
    requirements = Path(__file__).parent / name / "requirements.txt"
    place = BUILD / f"{name}-{_digest(requirements)}"
    if not (place / "ready").exists():
        uv = shutil.which("uv") or str(ROOT / ".tools" / "uv" / "bin" / "uv")
        _run(uv, "venv", "--quiet", "--clear", "--python", "3.11", str(place))
        python = str(place / "bin" / "python")
        _run(uv, "pip", "install", "--quiet", "--python", python, "-r", str(requirements))
        (place / "ready").touch()
    return place / "bin"


def node_packages(name: str) -> Path:
    """The folder of packages that the peer's `package.json` brings, without their install scripts."""
    package = Path(__file__).parent / name / "package.json"
    place = BUILD / f"{name}-node-{_digest(package)}"
    if not (place / "ready").exists():
        npm = shutil.which("npm")
        if npm is None:
            raise NotAvailable("npm is not installed")
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy(package, place)
        quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--silent")
        _run(npm, "install", *quiet, "--prefix", str(place))
        (place / "ready").touch()
    return place / "node_modules"


def versions(name: str, *packages: str) -> str:
    """`package version` of each, as pinned."""
    text = (Path(__file__).parent / name / "requirements.txt").read_text("utf-8")
    pinned = dict(line.split("==") for line in text.splitlines() if "==" in line)
    return ", ".join(f"{package} {pinned[package]}" for package in packages)


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]


def _run(*words: str) -> None:
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=600)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotAvailable(f"{Path(words[0]).name}: {error}") from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise NotAvailable(f"{Path(words[0]).name} could not install it: {last}")
