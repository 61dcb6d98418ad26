"""Many pending pauses, put straight into the tables: a million by the API would take minutes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from bench.engines import Database, Rows
from bench.limits import writes_of_a_create
from pausepoint.security.sealed import Seal, new_data_key

DAY: Final = 86_400_000
_NODE: Final = "7000-8000-0123456789ab"


def fill_pending(database: Database, developer_id: str, pauses: int, now: int) -> None:
    """`pauses` of one developer, each due a day after `now` (epoch milliseconds).

    Their rows are as long as real ones, their content can be read by nobody.
    """
    database.fill(rows_of(developer_id, pauses, now))


def pause_id(number: int, now: int) -> str:
    """Ids that sort by their number, created a millisecond apart before `now`."""
    text = f"{now - 1_000_000_000 + number:012x}"
    return f"psr_{text[:8]}-{text[8:]}-{_NODE}"


def rows_of(developer_id: str, pauses: int, now: int) -> Rows:
    sealed = next(
        value
        for write in writes_of_a_create(Seal(new_data_key()))
        for value in write.parameters
        if isinstance(value, bytes)
    )
    ids = [pause_id(number, now) for number in range(pauses)]
    return {
        "pauses (pause_id, developer_id, mode, status, channel, allow_text, default_index,"
        " created_at, expires_at, delivery_state)": (
            (each, developer_id, "test", "pending", "sms", 0, 1, now, now + DAY, "simulated")
            for each in ids
        ),
        "contents (pause_id, part, sealed)": ((each, "question", sealed) for each in ids),
        "audit (developer_id, mode, pause_id, event, actor, detail, created_at)": _audit(
            developer_id, ids, now
        ),
    }


def _audit(developer_id: str, ids: list[str], now: int) -> Iterator[tuple[Any, ...]]:
    for each in ids:
        yield developer_id, "test", each, "pause.created", "developer", '{"channel":"sms"}', now
        detail = '{"code":"simulated"}'
        yield developer_id, "test", each, "notification.sent", "system", detail, now
