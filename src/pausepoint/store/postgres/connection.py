"""asyncpg: connections and pools, parameter marks, and the classification of its errors."""

from __future__ import annotations

import ssl
from contextlib import suppress
from enum import Enum, auto
from functools import cache
from typing import Any, Final, TypeAlias

import asyncpg

from pausepoint.store.postgres.url import PostgresUrl, parse_postgres_url
from pausepoint.store.statements import with_marks

# asyncpg has no type hints; these names stay within store/.
Connection: TypeAlias = Any
Pool: TypeAlias = Any

STATEMENT_SECONDS: Final = 10.0
"""Timeout of a statement; then its connection is closed."""

FAREWELL_SECONDS: Final = 0.25
"""Timeout of each last message to the database at shutdown."""

_APPLICATION: Final = "pausepoint"
_STATEMENTS_KEPT: Final = 256

# SQLSTATE classes and codes (PostgreSQL's manual, appendix A).
_REPEATABLE: Final = ("40001", "40P01")
_DATA: Final = ("22", "23")
_FATAL: Final = ("08", "57P")
_AT_ITS_END: Final = ("25006", "53", "58", "XX")
_UNTIL_CHANGED: Final = ("22", "28", "3D", "3F", "42")


class Trouble(Enum):
    """The class of a failed statement, which decides what to do next."""

    CONNECTION = auto()  # the connection is lost: the outcome is unknown
    REPEAT = auto()  # rolled back by a deadlock or a serialization failure
    DATA = auto()  # invalid values
    REFUSED = auto()  # the database cannot do it now: full, read-only, too slow


def trouble_of(error: BaseException, connection: Connection | None = None) -> Trouble:
    """Classify an error; `connection` is the one that raised, where it is known."""
    state = getattr(error, "sqlstate", None)
    if isinstance(error, ValueError) and state is None:
        return Trouble.DATA  # asyncpg could not encode a value
    if state is None or state.startswith(_FATAL):
        return Trouble.CONNECTION
    if connection is not None and connection.is_closed():
        return Trouble.CONNECTION
    if state in _REPEATABLE:
        return Trouble.REPEAT
    return Trouble.DATA if state.startswith(_DATA) else Trouble.REFUSED


def is_at_its_end(error: BaseException) -> bool:
    """Return whether the database cannot write: full, read-only, its disk broken."""
    return (getattr(error, "sqlstate", None) or "").startswith(_AT_ITS_END)


def is_trouble(error: BaseException) -> bool:
    """Return whether the error came from the database or the connection, and not from our own code."""
    return isinstance(
        error,
        asyncpg.PostgresError
        | asyncpg.InterfaceError
        # Raised for a connection that the server has closed before asyncpg noticed it.
        | asyncpg.InternalClientError
        | OSError,  # TimeoutError among them
    )


def is_misconfigured(error: BaseException) -> bool:
    """Return whether connecting fails until an operator changes something, so that a retry is no use:

    a wrong user, password, database or certificate, a missing right, an option that is unknown.
    """
    if (getattr(error, "sqlstate", None) or "").startswith(_UNTIL_CHANGED):
        return True
    return (
        isinstance(error, asyncpg.ClientConfigurationError | ssl.SSLError)
        or type(error) is ConnectionError  # The server has no TLS, and the URL demands it.
    )


def words_of(error: BaseException) -> str:
    """Return the text for the log; a TimeoutError has none of its own."""
    return str(error) or "the database does not answer"


def is_lost(error: BaseException) -> bool:
    """Return whether a retry on another connection may succeed."""
    return (
        is_trouble(error)
        and not isinstance(error, TimeoutError)
        and trouble_of(error) is Trouble.CONNECTION
    )


async def connect(url: str, *, statement_seconds: float = STATEMENT_SECONDS) -> Connection:
    """Open a connection with a session of its own. Raises errors for which `is_trouble` holds."""
    target = parse_postgres_url(url)
    connection = await asyncpg.connect(
        **_arguments(target),
        command_timeout=statement_seconds,
        statement_cache_size=_STATEMENTS_KEPT,
    )
    try:
        _keep_alive(connection, target)
        await _set_up(connection)
    except BaseException:
        connection.terminate()
        raise
    return connection


async def connect_pool(url: str, size: int, *, has_pooler: bool) -> Pool:
    """Open a pool for reading. Behind a pooler no state is kept from one transaction to the next."""
    target = parse_postgres_url(url)

    async def set_up(connection: Connection) -> None:
        _keep_alive(connection, target)
        if not has_pooler:
            await _set_up(connection)

    return await asyncpg.create_pool(
        **_arguments(target),
        # One, to verify the connection. No minimum: asyncpg would log a traceback for each attempt
        # to keep it while the database is away.
        init_size=1,
        min_size=0,
        max_size=size,
        command_timeout=STATEMENT_SECONDS,
        statement_cache_size=0 if has_pooler else _STATEMENTS_KEPT,
        init=set_up,
        # Reads leave no state in a session: resetting it would be a round trip for nothing.
        reset=_keep_session,
    )


def end(connection: Connection) -> None:
    """Close a pool's connection; the pool may have noticed first that it is lost."""
    with suppress(asyncpg.InterfaceError):
        connection.terminate()


def _arguments(target: PostgresUrl) -> dict[str, Any]:
    return {
        "dsn": target.dsn,
        "timeout": target.connect_seconds,
        "server_settings": target.server_settings,
        **({"ssl": target.tls} if target.tls else {}),
    }


def _keep_alive(connection: Connection, target: PostgresUrl) -> None:
    # asyncpg gives no access to the socket but by its private transport.
    target.set_keepalive(connection._transport.get_extra_info("socket"))


async def _set_up(connection: Connection) -> None:
    """Make commits durable, regardless of the database's own settings, and plans use an index.

    Plans are cached: one made while a table was empty would scan it long after it has grown.
    """
    await connection.execute(
        f"SET application_name = '{_APPLICATION}'; SET synchronous_commit = on;"
        " SET enable_seqscan = off; SET jit = off"
    )


async def _keep_session(connection: Connection) -> None:
    pass


@cache
def with_numbers(sql: str) -> str:
    """Replace each `?` by `$1`, `$2`, …, as PostgreSQL names parameters."""
    return with_marks(sql, lambda n: f"${n}")
