"""What the client takes from the machine it runs on: two settings, the time, sleep, and chance."""

from __future__ import annotations

import os
import random
import secrets
import time

API_KEY = "PAUSEPOINT_API_KEY"
BASE_URL = "PAUSEPOINT_BASE_URL"
CALLBACK_SECRET = "PAUSEPOINT_CALLBACK_SECRET"  # noqa: S105 - a name


def setting(name: str) -> str | None:
    """Return an environment variable without surrounding blanks, None if it is unset."""
    value = os.environ.get(name)
    return None if value is None else value.strip()


def process_id() -> int:
    return os.getpid()


def now() -> float:
    """Return the time in seconds since 1970."""
    return time.time()


def monotonic() -> float:
    return time.monotonic()


def sleep(seconds: float) -> None:
    time.sleep(seconds)


async def sleep_async(seconds: float) -> None:
    import asyncio  # noqa: PLC0415 - it is slow to import, and the sync client does without

    await asyncio.sleep(seconds)


def running_loop() -> object | None:
    """Return the running asyncio loop, None under another library."""
    import asyncio  # noqa: PLC0415 - as above

    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def chance() -> float:
    """Return a random number in [0, 1), for jitter only."""
    return random.random()  # noqa: S311 - spreads load, guards nothing


def new_idempotency_key() -> str:
    return secrets.token_hex(16)
