"""What `pausepoint[server]` brings, for those who must say that it is missing."""

from __future__ import annotations

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
    """What to say where `what` needs the server and it is not installed; None where it is."""
    missing = [name for name in MODULES if find_spec(name) is None]
    if not missing:
        return None
    which = "" if len(missing) == len(MODULES) else f" ({', '.join(missing)} is missing)"
    return (
        f"`{what}` needs the server, which is not installed here{which}."
        " Install it: pip install 'pausepoint[server]'"
    )
