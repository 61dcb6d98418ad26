"""The program, built to die: `kill -9` of itself at the point that FAULT names, at its first passing.

    FAULT=respond.written python -m tests.reliability.faulty_program serve

A point is an operation and how far it has come:

    asked      decided, and not yet handed to the writer
    written    SQLite: all its statements have run, and the transaction is open
    sent       PostgreSQL: its one statement, which is the transaction, is under way
    committed  it is durable, and nobody knows yet
    known      the operation knows, and has answered nobody

and `claim.written` (SQLite), `claim.committed`, `vendor.accepted`, `receiver.accepted`.
"""

from __future__ import annotations

from typing import Any

from pausepoint.channels.outbound import GuardedClient
from pausepoint.channels.sms import TwilioTransport
from pausepoint.cli import main
from tests.reliability import faulty_postgres, faulty_sqlite
from tests.reliability.faulty_points import passing


def after(owner: Any, name: str, operation: str) -> None:
    real = getattr(owner, name)

    async def wrapped(*given: Any, **named: Any) -> Any:
        result = await real(*given, **named)
        passing([operation], "accepted")
        return result

    setattr(owner, name, wrapped)


if __name__ == "__main__":
    faulty_sqlite.build_in()
    faulty_postgres.build_in()
    after(TwilioTransport, "send", "vendor")
    after(GuardedClient, "request", "receiver")
    main()
