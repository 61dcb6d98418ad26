"""PostgreSQL's own benchmark, with the inserts that one create makes: the limit for ours."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Final

from bench.engines import PostgresEngine
from bench.limits import DEVELOPER, writes_of_a_create
from pausepoint.security.sealed import Seal, new_data_key

CLIENTS: Final = (4, 8, 16, 32)

_DEVELOPER: Final = (
    "INSERT INTO developers (developer_id, email_index, sealed, plan, created_at)"
    f" VALUES ('{DEVELOPER}', 'bench', '', 'x', 0) ON CONFLICT (developer_id) DO NOTHING"
)

# An id as long as ours, which grows with time as ours does.
_PAUSE_ID: Final = (
    "'psr_' || lpad(to_hex(:n::bigint), 8, '0') || '-' || lpad(to_hex(:client_id::bigint), 4, '0')"
    " || '-7000-8000-' || lpad(to_hex(:r::bigint), 12, '0')"
)


def script() -> str:
    """One create as a pgbench transaction, sent as a pipeline: one round trip, one commit."""
    lines = ["\\set n :n + 1", "\\set r random(0, 281474976710655)", "\\startpipeline", "BEGIN;"]
    for write in writes_of_a_create(Seal(new_data_key())):
        parts = write.statement.sql.split("?")
        literals = [*map(_literal, write.parameters), ""]
        pairs = zip(parts, literals, strict=True)
        lines.append("".join(part + literal for part, literal in pairs) + ";")
    return "\n".join([*lines, "COMMIT;", "\\endpipeline", ""])


class Pgbench:
    """`url` must lead to a database with PausePoint's tables."""

    def __init__(self, engine: PostgresEngine, url: str, folder: Path) -> None:
        self._program = engine.binaries / "pgbench"
        self._url = url
        self._script = folder / "create.sql"
        self._script.write_text(script(), "utf-8")
        self._began = 0
        psql = engine.binaries / "psql"
        subprocess.run([psql, "-q", "-d", url, "-c", _DEVELOPER], check=True)

    def per_second(self, clients: int, seconds: float) -> float:
        """Creates a second; raises CalledProcessError if one failed."""
        self._began += 100_000_000
        words = [
            str(self._program),
            "--no-vacuum",
            "--protocol=prepared",
            f"--define=n={self._began}",
        ]
        words += [
            f"--client={clients}",
            f"--jobs={min(clients, 2)}",
            f"--time={max(1, round(seconds))}",
        ]
        words += [f"--file={self._script}", self._url]
        said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        found = re.search(r"tps = ([\d.]+)", said)
        assert found is not None, said
        return float(found[1])

    def best_client_count(self) -> int:
        return max(CLIENTS, key=lambda clients: self.per_second(clients, 1))


def _literal(value: object) -> str:
    if isinstance(value, str) and value.startswith("psr_"):
        return _PAUSE_ID
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'"
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else f"'{value}'"
