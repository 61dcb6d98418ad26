"""Commands that need the server: without its packages they say how to get them."""

from __future__ import annotations

from typing import Any

import click

from pausepoint.cli.output import fail
from pausepoint.server_extra import complaint


class ServerCommand(click.Command):
    def invoke(self, ctx: click.Context) -> Any:
        if missing := complaint(ctx.command_path):
            fail(missing)
        return super().invoke(ctx)


class ServerGroup(click.Group):
    command_class = ServerCommand
