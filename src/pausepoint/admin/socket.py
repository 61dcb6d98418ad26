"""The operator's commands reach a running server over a Unix socket beside its database.

Only one process may write to an SQLite file; only the server's own account may open the socket.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog

from pausepoint.admin.commands import AdminError, Answer, execute
from pausepoint.operations.services import Services
from pausepoint.store.base import StoreUnavailable

_LINE_LIMIT: Final = 64 * 1024
# What odd arguments make of a command: a number where a text is expected, or one that is too large.
_NOT_UNDERSTOOD: Final = (
    msgspec.DecodeError,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)

log = structlog.get_logger("pausepoint.admin")


class AdminSocket:
    """Listens beside the database for one command a connection, a JSON line each way."""

    def __init__(self, services: Services, database: Path) -> None:
        self._services = services
        self._path = socket_path(database)
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Listen. On a file system without sockets (CIFS, some WSL mounts) the server starts without."""
        previous = os.umask(0o177)
        try:
            # We hold the database's lock, so a socket that is there was left by a process that died.
            self._path.unlink(missing_ok=True)
            with _short(self._path) as path:
                self._server = await asyncio.start_unix_server(self._serve, path)
        except OSError as error:
            log.warning(
                "no socket for the operator's commands: `accounts`, `keys` and `recipients` work"
                " only while the server is stopped",
                path=str(self._path),
                error=error.strerror,
            )
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
            with suppress(ConnectionError):
                answer = await self._answer(await _first_line(reader))
                writer.write(msgspec.json.encode(answer) + b"\n")
                await writer.drain()
        finally:
            writer.close()

    async def _answer(self, line: bytes) -> Answer:
        """Answer a request. Never raises."""
        try:
            asked = msgspec.json.decode(line)
            return {"ok": await execute(self._services, asked["command"], asked["arguments"])}
        except AdminError as error:
            return {"error": str(error)}
        except StoreUnavailable as error:
            return {"error": f"The database cannot be written right now: {error}."}
        except _NOT_UNDERSTOOD:
            return {"error": "The server did not understand; it may be of another version."}
        except Exception:
            log.exception("a command of the operator failed")
            return {"error": "The server failed to do it; its log says why."}


async def _first_line(reader: asyncio.StreamReader) -> bytes:
    """Read the first line; b"" if it is too long.

    A line that is too long is read to its end too: closing a socket with unread input loses the answer.
    """
    line = b""
    is_too_long = False
    while chunk := await reader.read(_LINE_LIMIT):
        line += chunk
        if b"\n" in chunk:
            break
        if len(line) > _LINE_LIMIT:
            line, is_too_long = b"", True
    return b"" if is_too_long else line.partition(b"\n")[0]


async def ask_server(database: Path, command: str, arguments: Mapping[str, Any]) -> Answer | None:
    """Return the running server's answer, None where none is running. Raises AdminError."""
    try:
        with _short(socket_path(database)) as path:
            reader, writer = await asyncio.open_unix_connection(path)
    except (FileNotFoundError, ConnectionRefusedError):
        return None
    except PermissionError as error:
        raise AdminError(
            "A PausePoint of another system account is running here: use that account."
        ) from error
    try:
        writer.write(
            msgspec.json.encode({"command": command, "arguments": dict(arguments)}) + b"\n"
        )
        # To its end: a list may be longer than a stream's limit of a line.
        answer = msgspec.json.decode(await reader.read())
    except (ConnectionError, msgspec.DecodeError) as error:
        raise AdminError("The server gave no answer; its log may say why.") from error
    finally:
        writer.close()
    if "error" in answer:
        raise AdminError(answer["error"])
    result: Answer = answer["ok"]
    return result


def socket_path(database: Path) -> Path:
    """Return the socket's path, one for all names of a database that is reached by symbolic links."""
    database = database.resolve()
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
