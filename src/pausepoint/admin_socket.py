"""The operator's commands reach a running server over a Unix socket beside its database.

Only one process may write to an SQLite file; only the server's own account may open the socket.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from pausepoint.admin import AdminError, Answer, execute
from pausepoint.operations.services import Services
from pausepoint.store.base import StoreUnavailable


class AdminSocket:
    """Listens beside the database for one command a connection, a JSON line each way."""

    def __init__(self, services: Services, database: Path) -> None:
        self._services = services
        self._path = socket_path(database)
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        # We hold the database's lock, so a socket that is there was left by a process that died.
        with suppress(FileNotFoundError):
            self._path.unlink()
        previous = os.umask(0o177)
        try:
            with _short(self._path) as path:
                self._server = await asyncio.start_unix_server(self._serve, path)
        finally:
            os.umask(previous)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            # In a folder that may only be read by now it stays, for the next start to remove.
            with suppress(OSError):
                self._path.unlink()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked = msgspec.json.decode(await reader.readline())
            answer: Answer = {
                "ok": await execute(self._services, asked["command"], asked["arguments"])
            }
        except AdminError as error:
            answer = {"error": str(error)}
        except StoreUnavailable as error:
            answer = {"error": f"The database cannot be written right now: {error}."}
        except (msgspec.DecodeError, LookupError, TypeError, ValueError):
            answer = {"error": "The server did not understand; it may be of another version."}
        writer.write(msgspec.json.encode(answer) + b"\n")
        with suppress(ConnectionError):
            await writer.drain()
        writer.close()


async def ask_server(database: Path, command: str, arguments: Mapping[str, Any]) -> Answer | None:
    """The running server's answer; None where none is running. Raises AdminError."""
    try:
        with _short(socket_path(database)) as path:
            reader, writer = await asyncio.open_unix_connection(path)
    except (FileNotFoundError, ConnectionRefusedError):
        return None
    except PermissionError as error:
        raise AdminError(
            "A PausePoint of another system account is running here: use that account."
        ) from error
    writer.write(msgspec.json.encode({"command": command, "arguments": dict(arguments)}) + b"\n")
    answer = msgspec.json.decode(await reader.readline())
    writer.close()
    if "error" in answer:
        raise AdminError(answer["error"])
    result: Answer = answer["ok"]
    return result


def socket_path(database: Path) -> Path:
    return database.with_name(database.name + ".sock")


class _short:
    """A Unix socket's address has about 100 bytes: a long one is reached by its folder's descriptor."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._folder: int | None = None

    def __enter__(self) -> str:
        if len(os.fsencode(self._path)) <= 100:
            return str(self._path)
        self._folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        return f"/proc/self/fd/{self._folder}/{self._path.name}"

    def __exit__(self, *_: object) -> None:
        if self._folder is not None:
            os.close(self._folder)
