"""What `pausepoint[server]` brings, for those who must say that it is missing."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import Final

MODULES: Final = (
    "aiohttp",
    "aiosmtplib",
    "argon2",
    "asyncpg",
    "cryptography",
    "email_validator",
    "httptools",
    "jinja2",
    "phonenumbers",
    "prometheus_client",
    "starlette",
    "structlog",
    "uvicorn",
    "uvloop",
    "yaml",
)


def complaint(what: str) -> str | None:
    """Return why `what` cannot run here: the server is not installed, or not for this system.

    None where it can run.
    """
    if sys.platform == "win32":
        return (
            f"`{what}` needs the server, which runs on Linux and macOS: it locks its database and"
            " takes its sockets as only these do. Run it in WSL or Docker. The Python client, the"
            " other commands and the MCP server run on Windows."
        )
    missing = [name for name in MODULES if find_spec(name) is None]
    if not missing:
        return None
    which = "" if len(missing) == len(MODULES) else f" ({', '.join(missing)} is missing)"
    return (
        f"`{what}` needs the server, which is not installed here{which}."
        " Install it: pip install 'pausepoint[server]'"
    )
