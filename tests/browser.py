"""The one place that knows how tests and scripts start a browser: the system's own Chromium."""

from __future__ import annotations

import os
import shutil
from typing import Final

FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium_path() -> str:
    """PAUSEPOINT_CHROMIUM, or a `chromium` on PATH. A test without a browser fails, never skips."""
    named = os.environ.get("PAUSEPOINT_CHROMIUM")  # noqa: TID251 - not a setting of the program
    names = (named,) if named else ("chromium", "chromium-browser", "google-chrome")
    for name in names:
        if path := shutil.which(name):
            return path
    raise RuntimeError("The browser tests need Chromium: sh scripts/get-chromium.sh")
