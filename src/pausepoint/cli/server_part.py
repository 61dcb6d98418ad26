"""Commands that need the server: without its packages they say how to get them."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any, Final

import click

from pausepoint.cli.output import fail

MODULES: Final = (
    "aiohttp",
    "aiosmtplib",
    "argon2",
    "asyncpg",
    "cryptography",
    "email_validator",
    "httptools",
    "jinja2",
    "prometheus_client",
    "starlette",
    "structlog",
    "uvicorn",
    "uvloop",
    "yaml",
)
"""What `pausepoint[server]` brings."""


class ServerCommand(click.Command):
    def invoke(self, ctx: click.Context) -> Any:
        missing = [name for name in MODULES if find_spec(name) is None]
        if missing:
            which = "" if len(missing) == len(MODULES) else f" ({', '.join(missing)} is missing)"
            fail(
                f"`{ctx.command_path}` needs the server, which is not installed here{which}."
                " Install it: pip install 'pausepoint[server]'"
            )
        return super().invoke(ctx)


class ServerGroup(click.Group):
    command_class = ServerCommand
