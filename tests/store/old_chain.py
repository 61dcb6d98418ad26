"""The migrations from before the first release, which `0001_first.sql` replaced, and how they ran."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pausepoint.store.migrate import RECORD, TABLE, Migration, migrations
from tests.store.bare import Bare

FOLDER: Final = Path(__file__).with_name("old_migrations")
FILLED: Final = Path(__file__).with_name("old_filled")
"""Databases that `tests.store.filled` filled on the last of them: two dumps, and what was read."""

COUNT: Final = 12


def old_migrations(engine: str) -> tuple[Migration, ...]:
    return migrations(engine, FOLDER)


async def run_old(bare: Bare, those: Iterable[Migration]) -> None:
    """Today's own runner would refuse a database between two of them."""
    await bare.run_script(f"{TABLE}{' STRICT' * (bare.engine == 'sqlite')};")
    for migration in those:
        await bare.run_script(migration.sql)
        await bare.run(RECORD, *migration.record)
