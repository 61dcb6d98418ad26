"""`dev` and `serve`: the server itself."""

# ruff: noqa: PLC0415 - a command imports what it needs when it runs
from __future__ import annotations

import asyncio
import signal
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from pausepoint.cli.banner import show_ready
from pausepoint.cli.common import fail, json_option, open_or_fail, settings_for

if TYPE_CHECKING:
    import socket

    from pausepoint.bootstrap import Running
    from pausepoint.config import Settings

DEV_EMAIL = "dev@example.com"
DEV_NAME = "Acme"


@dataclass(frozen=True)
class NewKeys:
    """The first account's keys, where this start has made them."""

    live: str
    test: str


@click.command()
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


@click.command()
@click.option("--host", help="Address to listen on.")
@click.option("--port", help="Port to listen on; 0 takes a free one.")
@click.option(
    "--database", "database_url", help="Such as sqlite:////var/lib/pausepoint/pausepoint.db"
)
@json_option
def serve(host: str | None, port: str | None, database_url: str | None, as_json: bool) -> None:
    """Run PausePoint for real. Needs PAUSEPOINT_SECRET_KEY and PAUSEPOINT_PUBLIC_URL.

    \b
    export PAUSEPOINT_SECRET_KEY=$(openssl rand -hex 32)   # keep it: without it the data is lost
    export PAUSEPOINT_PUBLIC_URL=https://pause.example.com
    pausepoint serve
    """
    settings = settings_for("serve", host=host, port=port, database_url=database_url)
    _run(settings, as_json=as_json)


@click.command()
def migrate() -> None:
    """Bring the database to this program's schema. `dev` and `serve` do so by themselves."""
    settings = settings_for("manage")

    async def run() -> None:
        running = await open_or_fail(settings)
        await running.close()

    asyncio.run(run())
    click.echo(f"{settings.database_path} is up to date.")


def _run(settings: Settings, *, as_json: bool) -> None:
    import uvloop

    from pausepoint.logs import configure
    from pausepoint.web.server import listen, raise_descriptor_limit

    configure(settings.log_format)
    raise_descriptor_limit()
    try:
        sock = listen(settings.host, settings.port)
    except OSError as error:
        fail(
            f"Cannot listen on {settings.host}:{settings.port} ({error.strerror})."
            " Set PAUSEPOINT_PORT to a free port, or 0 for any."
        )
    if settings.port == 0:
        settings = _with_port(settings, sock.getsockname()[1])
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, sock, as_json=as_json))


def _with_port(settings: Settings, port: int) -> Settings:
    url = settings.public_url
    if not settings.has_public_url:
        url = f"{url.rpartition(':')[0]}:{port}"
    return replace(settings, port=port, public_url=url)


async def _serve(settings: Settings, sock: socket.socket, *, as_json: bool) -> None:
    from pausepoint.admin_socket import AdminSocket
    from pausepoint.web.app import create_app
    from pausepoint.web.server import Server

    running = await open_or_fail(settings)
    new_keys = await _first_account(running) if settings.is_dev else None
    has_accounts = bool(await running.store.developers())
    app = create_app(running.services, running.inbox, new_keys.test if new_keys else None)
    admin = AdminSocket(running.services, settings.database_path)

    def ready() -> None:
        running.start_work()
        show_ready(settings, new_keys, has_accounts=has_accounts, as_json=as_json)

    server = Server(app, ready, running.begin_stop)
    loop = asyncio.get_running_loop()
    for stop_signal in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(stop_signal, server.handle_exit, stop_signal, None)
    try:
        await admin.open()
        await server.serve(sockets=[sock])
    finally:
        await admin.close()
        await running.close()


async def _first_account(running: Running) -> NewKeys | None:
    from pausepoint.operations.register_developer import register_developer

    if await running.store.developers():
        return None
    registered = await register_developer(running.services, DEV_EMAIL, DEV_NAME)
    return NewKeys(registered.live_key, registered.test_key)
