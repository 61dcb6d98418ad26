"""`dev` and `serve`: the server itself."""

# ruff: noqa: PLC0415 - a command imports what it needs when it runs
from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from pausepoint.cli.common import open_or_fail, settings_for
from pausepoint.cli.output import fail, json_option
from pausepoint.cli.server_extra import ServerCommand

if TYPE_CHECKING:
    from pausepoint.config.settings import Settings


@click.command(cls=ServerCommand)
@click.option("--host", help="Address to listen on (loopback only).")
@click.option("--port", help="Port to listen on; 0 takes a free one.")
@click.option("--database", "database_url", help="Such as sqlite:///pausepoint.db")
@json_option
def dev(host: str | None, port: str | None, database_url: str | None, as_json: bool) -> None:
    """Try PausePoint out on this machine, with a test inbox instead of vendors.

    \b
    pausepoint dev
    pausepoint dev --port 9000 --database sqlite:////tmp/try.db
    """
    settings = settings_for("dev", host=host, port=port, database_url=database_url)
    _run(settings, as_json=as_json)


@click.command(cls=ServerCommand)
@click.option("--host", help="Address to listen on.")
@click.option("--port", help="Port to listen on; 0 takes a free one.")
@click.option(
    "--database", "database_url", help="Such as sqlite:////var/lib/pausepoint/pausepoint.db"
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="How many processes (PostgreSQL only).",
)
@click.option("--web-only", is_flag=True, help="Leave deliveries and deadlines to `worker`.")
@click.option("--listen-fd", type=int, hidden=True)
@json_option
def serve(
    host: str | None,
    port: str | None,
    database_url: str | None,
    workers: int,
    web_only: bool,
    listen_fd: int | None,
    as_json: bool,
) -> None:
    """Run PausePoint for real. Needs PAUSEPOINT_SECRET_KEY and PAUSEPOINT_PUBLIC_URL.

    \b
    export PAUSEPOINT_SECRET_KEY=$(openssl rand -hex 32)   # keep it: without it the data is lost
    export PAUSEPOINT_PUBLIC_URL=https://pause.example.com
    pausepoint serve
    """
    settings = settings_for("serve", host=host, port=port, database_url=database_url)
    if settings.is_sqlite and (workers > 1 or web_only):
        fail(
            "SQLite serves one process: only one may write to the file. For several, set"
            " PAUSEPOINT_DATABASE_URL to a PostgreSQL database."
        )
    if workers > 1:
        given = {"--host": host, "--port": port, "--database": database_url}
        options = ["--web-only"] if web_only else []
        for name, value in given.items():
            options += [] if value is None else [name, value]
        _run_several(settings, workers, options, as_json=as_json)
    else:
        _run(settings, as_json=as_json, delivers=not web_only, listen_fd=listen_fd)


@click.command(cls=ServerCommand)
def worker() -> None:
    """Deliver and time out, without answering requests; beside `serve --web-only`.

    \b
    export PAUSEPOINT_DATABASE_URL=postgresql://pausepoint@db/pausepoint
    pausepoint worker
    """
    import uvloop

    from pausepoint.cli.worker import work
    from pausepoint.observability.logs import configure

    settings = settings_for("serve")
    if settings.is_sqlite:
        fail("SQLite serves one process: `pausepoint serve` delivers by itself.")
    configure(settings.log_format)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work(settings))


@click.command(cls=ServerCommand)
def migrate() -> None:
    """Bring the database to this program's schema. `dev` and `serve` do so by themselves."""
    settings = settings_for("manage")

    async def run() -> None:
        running = await open_or_fail(settings)
        await running.close()

    asyncio.run(run())
    click.echo(f"{settings.database_name} is up to date.")


def _run(
    settings: Settings, *, as_json: bool, delivers: bool = True, listen_fd: int | None = None
) -> None:
    import uvloop

    from pausepoint.cli.serve import Serving
    from pausepoint.observability.logs import configure
    from pausepoint.web.server import raise_descriptor_limit

    configure(settings.log_format)
    raise_descriptor_limit()
    sock = _listening(settings) if listen_fd is None else socket.socket(fileno=listen_fd)
    settings = _with_port(settings, sock.getsockname()[1])
    serving = Serving(settings, as_json=as_json, delivers=delivers, is_one_of=listen_fd is not None)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serving.run(sock))


def _run_several(settings: Settings, workers: int, options: list[str], *, as_json: bool) -> None:
    from pausepoint.cli.multiprocess import NeverReady, run_several
    from pausepoint.observability.logs import configure
    from pausepoint.observability.metrics import NoMetricsAddress

    configure(settings.log_format)
    sock = _listening(settings)
    settings = _with_port(settings, sock.getsockname()[1])
    try:
        asyncio.run(run_several(settings, workers, sock, options, as_json=as_json))
    except NeverReady:
        fail("A process ended before it was ready: see above.")
    except NoMetricsAddress as error:
        fail(str(error))


def _listening(settings: Settings) -> socket.socket:
    from pausepoint.web.server import listen

    try:
        return listen(settings.host, settings.port)
    except OSError as error:
        fail(
            f"Cannot listen on {settings.host}:{settings.port} ({error.strerror})."
            " Set PAUSEPOINT_PORT to a free port, or 0 for any."
        )


def _with_port(settings: Settings, port: int) -> Settings:
    from pausepoint.config.settings import local_url

    if settings.has_public_url:
        return replace(settings, port=port)
    return replace(settings, port=port, public_url=local_url(settings.host, port))
