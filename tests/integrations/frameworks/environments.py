"""Environments of the frameworks, one each, since their pins clash: made from a lock, kept by its hash.

    python -m tests.integrations.frameworks.environments           makes those that are missing
    python -m tests.integrations.frameworks.environments --lock    writes the locks anew

A lock holds what `pausepoint[extra]` needs, and what `requirements.in` adds for the tests.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[3]
HERE: Final = Path(__file__).parent
BUILD: Final = ROOT / ".build" / "integrations"
AT_ONCE: Final = 2
WITHIN: Final = 420
"""Seconds for one of them, on a slow network."""

EXTRAS: Final = {
    "agent_framework": "agent-framework",
    "claude_agent_sdk": "claude-agent-sdk",
    "crewai": "crewai",
    "google_adk": "google-adk",
    "langgraph": "langchain",
    "openai_agents": "openai-agents",
    "pydantic_ai": "pydantic-ai",
}
"""By the folder here, the extra of pyproject.toml."""
RECIPES: Final = ("temporal",)
"""Those that need the client alone, and have no extra."""
FRAMEWORKS: Final = (*EXTRAS, *RECIPES)


def python_of(framework: str) -> Path:
    """The interpreter of its environment, which is made if it is missing."""
    return environment_of(framework, HERE / framework / "requirements.txt") / "bin" / "python"


def environment_of(name: str, lock: Path) -> Path:
    """What `lock` lists, installed once for each of its states and for this Python."""
    named = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()[:16]
    environment = BUILD / f"{name}-{named}"
    ready = environment / ".ready"
    if not ready.exists():
        for outdated in BUILD.glob(f"{name}-*"):
            shutil.rmtree(outdated)
        python = ("--python", sys.executable)
        uv("venv", "--quiet", "--clear", "--no-project", *python, str(environment))
        into = ("--python", str(environment))
        uv("pip", "install", "--quiet", "--require-hashes", *into, "-r", str(lock))
        ready.touch()
    return environment


def lock(framework: str) -> None:
    """Written from pyproject.toml and `requirements.in`; versions that still fit stay."""
    folder = f"tests/integrations/frameworks/{framework}"
    extra = ("--extra", EXTRAS[framework]) if framework in EXTRAS else ()
    sources = ("pyproject.toml", f"{folder}/requirements.in", *extra)
    shape = ("--universal", "--generate-hashes", "--no-annotate", "--no-header")
    uv("pip", "compile", "--quiet", *sources, *shape, "-o", f"{folder}/requirements.txt")


def uv(*words: str) -> None:
    program = shutil.which("uv") or str(ROOT / ".tools" / "uv" / "bin" / "uv")
    settings = {"UV_SYSTEM_CERTS": "1", **os.environ}  # noqa: TID251 - uv's own, as in the Makefile
    done = subprocess.run(
        [program, *words],
        cwd=ROOT,
        env=settings,
        capture_output=True,
        text=True,
        timeout=WITHIN,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"uv {words[0]} failed:\n{done.stderr[-2000:]}")


def made() -> Iterator[tuple[str, float]]:
    """Each framework once its environment is there, and the seconds since the start."""
    began = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        making = {pool.submit(python_of, framework): framework for framework in FRAMEWORKS}
        for done in as_completed(making):
            done.result()
            yield making[done], time.monotonic() - began


if __name__ == "__main__":
    if "--lock" in sys.argv:
        for each in FRAMEWORKS:
            lock(each)
    else:
        for number, (each, seconds) in enumerate(made(), 1):
            print(
                f"  {number} of {len(FRAMEWORKS)} environments: {each}, {seconds:.0f} s", flush=True
            )
