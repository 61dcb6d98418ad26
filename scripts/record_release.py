"""Keeps what the tests of later versions need of this one: `.venv/bin/python -m scripts.record_release`.

Into tests/store/releases/<version>/ it writes, for each engine, a dump of a small database with a
record of every kind, what the store reads of it, and every statement that this version runs.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import pkgutil
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tests.doubles.postgres import PostgresServer
from tests.store.bare import BarePostgres, BareSqlite
from tests.store.filled import everything, fill

import pausepoint.store
from pausepoint import __version__
from pausepoint.domain.mode import Mode
from pausepoint.store import audit
from pausepoint.store.migrate import migrations
from pausepoint.store.statements import Statement

RELEASES: Final = Path(__file__).parent.parent / "tests" / "store" / "releases"
AUDIT_FILTERS: Final[dict[str, str | int | None]] = {
    f"{condition} ?": ""
    for condition in ("pause_id =", "event =", "created_at >=", "created_at <=")
}
LOGGED: Final = {
    "logging_collector": "on",
    "log_destination": "jsonlog",
    "log_min_messages": "log",
    "log_statement": "all",
}
_EXECUTED: Final = re.compile(
    r"execute [^:]+: ((?:WITH|SELECT|INSERT|UPDATE|DELETE)\b.+)", re.DOTALL
)


async def record(folder: Path) -> None:
    server = PostgresServer(LOGGED)
    try:
        with tempfile.TemporaryDirectory() as scratch:
            engines = (BareSqlite(Path(scratch) / "a.db"), BarePostgres(server))
            expected = {bare.engine: await _filled(bare, folder) for bare in engines}
            sqlite, postgres = map(_without_entry_ids, expected.values())
            assert sqlite == postgres, "the engines read different things"
            _write(folder / "expected.json", expected)
            statements: dict[str, Any] = {"schema": migrations("sqlite")[-1].number}
            for bare in engines:
                statements[bare.engine] = await _understood(bare)
                await bare.close()
            statements["postgres"] |= _run_on(server)
            _write(folder / "statements.json", statements)
    finally:
        server.close()


async def _filled(bare: BareSqlite | BarePostgres, folder: Path) -> dict[str, Any]:
    store = await bare.open()
    await fill(store)
    found = await everything(store)
    await store.close()
    (folder / f"{bare.engine}.sql").write_text(bare.dump(), "utf-8")
    return found


def _without_entry_ids(found: Any) -> Any:
    """PostgreSQL makes them of its own clock."""
    match found:
        case dict():
            kept = {key: value for key, value in found.items() if key != "entry_id"}
            return {key: _without_entry_ids(value) for key, value in kept.items()}
        case list():
            return [_without_entry_ids(each) for each in found]
        case _:
            return found


async def _understood(bare: BareSqlite | BarePostgres) -> dict[str, str]:
    """Most statements are both engines', some are one's."""
    found = {}
    for name, statement in _statements():
        try:
            await bare.prepare(statement.sql)
        except bare.error:
            continue
        found[name] = statement.sql
    return found


def _statements() -> Iterator[tuple[str, Statement]]:
    seen = set()
    for module in pkgutil.iter_modules(pausepoint.store.__path__):
        loaded = importlib.import_module(f"pausepoint.store.{module.name}")
        for name, value in vars(loaded).items():
            if isinstance(value, Statement) and value not in seen:
                seen.add(value)
                yield f"{module.name}.{name}", value
    yield "audit.select", audit.select("", Mode.LIVE, AUDIT_FILTERS, 1, 0)[0]


def _run_on(server: PostgresServer) -> dict[str, str]:
    """What the filling and reading ran there, as the server understood it: whole batches, too."""
    found: dict[str, str] = {}
    for log in sorted((server.data / "log").glob("*.json")):
        for line in log.read_text("utf-8").splitlines():
            entry = json.loads(line)
            matched = _EXECUTED.fullmatch(entry.get("message", ""))
            is_ours = entry.get("application_name") == "pausepoint"
            if matched and is_ours and "typeinfo_tree" not in matched[1]:  # the driver's own
                found.setdefault(matched[1], f"run {len(found) + 1}")
    return {name: sql for sql, name in found.items()}


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", "utf-8")


def main() -> None:
    folder = RELEASES / __version__
    folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(record(folder))
    print(f"wrote {folder.relative_to(Path.cwd())}")


if __name__ == "__main__":
    main()
