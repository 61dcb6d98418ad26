"""The driver's edge: connecting, `?` to `$n`, and what an error of asyncpg's means to us."""

from __future__ import annotations

import ssl
from contextlib import suppress
from enum import Enum, auto
from functools import cache
from itertools import count
from typing import Any, Final, TypeAlias

import asyncpg

from pausepoint.store.postgres.url import PostgresUrl, parse_postgres_url

# asyncpg has no types of its own; what it hands out is named here and goes no further than store/.
Connection: TypeAlias = Any
Pool: TypeAlias = Any

STATEMENT_SECONDS: Final = 10.0
"""How long any statement may take before its connection is given up."""

FAREWELL_SECONDS: Final = 0.25
"""How long a process that stops waits for each thing it still says to a database that may be away."""

_APPLICATION: Final = "pausepoint"
_STATEMENTS_KEPT: Final = 256

# SQLSTATE classes and codes (PostgreSQL's manual, appendix A).
_REPEATABLE: Final = ("40001", "40P01")
_DATA: Final = ("22", "23")
_FATAL: Final = ("08", "57P")
_AT_ITS_END: Final = ("25006", "53", "58", "XX")
_UNTIL_CHANGED: Final = ("22", "28", "3D", "3F", "42")


class Trouble(Enum):
    """What to do about a statement that failed."""

    CONNECTION = auto()  # the connection is gone: what the statement did is not known
    REPEAT = auto()  # it was rolled back for another transaction's sake
    DATA = auto()  # the values are at fault
    REFUSED = auto()  # the database cannot do it now: full, read-only, too slow


def trouble_of(error: BaseException, connection: Connection | None = None) -> Trouble:
    """`connection` is the one that raised, where it is known."""
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
    """Whether the database itself is what is wrong: full, read-only, its disk broken."""
    return (getattr(error, "sqlstate", None) or "").startswith(_AT_ITS_END)


def is_trouble(error: BaseException) -> bool:
    """Whether the error came from the database or the way to it, and not from our own code."""
    return isinstance(
        error,
        asyncpg.PostgresError
        | asyncpg.InterfaceError
        # Raised for a connection that the server has ended, where asyncpg has not yet seen its end.
        | asyncpg.InternalClientError
        | OSError,  # TimeoutError among them
    )


def is_misconfigured(error: BaseException) -> bool:
    """Whether a connection fails until an operator changes something, so that a retry is no use.

    A wrong user, password, database or certificate, a missing right, an option that is unknown.
    """
    if (getattr(error, "sqlstate", None) or "").startswith(_UNTIL_CHANGED):
        return True
    return (
        isinstance(error, asyncpg.ClientConfigurationError | ssl.SSLError)
        or type(error) is ConnectionError  # The server has no TLS, and the URL demands it.
    )


def words_of(error: BaseException) -> str:
    """What the log says of it; a TimeoutError has no words of its own."""
    return str(error) or "the database does not answer"


def is_lost(error: BaseException) -> bool:
    """Whether it is worth asking again on another connection."""
    return (
        is_trouble(error)
        and not isinstance(error, TimeoutError)
        and trouble_of(error) is Trouble.CONNECTION
    )


async def connect(url: str, *, statement_seconds: float = STATEMENT_SECONDS) -> Connection:
    """A connection with a session of its own. Raises what `is_trouble` knows."""
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
    """A pool for reading. Behind a pooler nothing is kept from one transaction to the next."""
    target = parse_postgres_url(url)

    async def set_up(connection: Connection) -> None:
        _keep_alive(connection, target)
        if not has_pooler:
            await _set_up(connection)

    return await asyncpg.create_pool(
        **_arguments(target),
        # One to see that the way is open. No floor: asyncpg would fill the log with traces of how
        # it fails to keep one, as long as the database is away.
        init_size=1,
        min_size=0,
        max_size=size,
        command_timeout=STATEMENT_SECONDS,
        statement_cache_size=0 if has_pooler else _STATEMENTS_KEPT,
        init=set_up,
        # Reads leave nothing behind in a session: resetting it would be a round trip for nothing.
        reset=_nothing,
    )


def end(connection: Connection) -> None:
    """Gives a pool's connection up; the pool may have noticed first that it is gone."""
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
    # asyncpg has no way to reach the socket but the transport that it keeps for itself.
    target.set_keepalive(connection._transport.get_extra_info("socket"))


async def _set_up(connection: Connection) -> None:
    """What is acknowledged is durable, regardless of the database's own settings.

    Statements here name their rows by an index. Plans are kept, and one made while a table was
    empty would read the whole table long after it has grown; so those plans are ruled out.
    """
    await connection.execute(
        f"SET application_name = '{_APPLICATION}'; SET synchronous_commit = on;"
        " SET enable_seqscan = off; SET jit = off"
    )


async def _nothing(connection: Connection) -> None:
    pass


@cache
def translated(sql: str) -> str:
    """The statement with `$1`, `$2`, … for each `?`. No statement holds a literal question mark."""
    first, *rest = sql.split("?")
    numbers = count(1)
    return first + "".join(f"${next(numbers)}{part}" for part in rest)
