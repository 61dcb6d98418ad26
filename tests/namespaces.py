"""Namespaces of Linux: what a process mounts, and which network it sees, is its own."""

from __future__ import annotations

import subprocess
from functools import cache

import pytest


@cache
def unshare(*kinds: str) -> tuple[str, ...]:
    """What to write before a command: `unshare("--mount", "--net")`. Root is not needed for it.

    Where there are none the test fails, and says why.
    """
    contacts = (kinds, ("--user", "--map-root-user", *kinds))
    for contact in contacts:
        attempt_result = subprocess.run(
            ["unshare", *contact, "true"], capture_output=True, check=False
        )
        if attempt_result.returncode == 0:
            return ("unshare", *contact)
    pytest.fail(
        f"no namespaces here ({' '.join(kinds)}): run as root, or allow unprivileged user"
        " namespaces (a container needs CAP_SYS_ADMIN for them)"
    )
