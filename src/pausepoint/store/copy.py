"""Copies a whole database from SQLite to PostgreSQL, resumable, and verifies the copy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pausepoint.store import vault
from pausepoint.store.copy_source import Source, source_at
from pausepoint.store.copy_tables import (
    CopyFailed,
    Manifest,
    Progress,
    RunningHash,
    Summary,
    Table,
    differences,
)
from pausepoint.store.copy_target import START_ANEW, Target, target_at


async def copy_database(
    path: Path, url: str, secret_keys: Sequence[str], progress: Progress
) -> Manifest:
    """Copy the SQLite database at `path` to the PostgreSQL database at `url`.

    Returns the rows and hash of each table once every row has been read back and compared.
    Raises CopyFailed, SchemaRefused, WrongSecretKey.
    """
    with source_at(path) as source:
        vault.unwrap_with(source.wrapped_key, secret_keys)
        async with target_at(url, source.tables) as target:
            before = await target.begun_with()
            if before is None:
                await target.check_free(source.wrapped_key)
            manifest = source.manifest(progress)
            if before is None:
                await target.begin(manifest, source.wrapped_key)
            elif differences(manifest, before):
                raise CopyFailed(
                    f"The target is being filled from another database, or {path} has changed"
                    f" since this copy was begun. {START_ANEW}"
                )
            for table in source.tables:
                await _copy(source, target, table, manifest[table.name].rows, progress)
            await _verify(target, source.tables, manifest, progress)
            await target.finish()
            return manifest


async def _copy(
    source: Source, target: Target, table: Table, total: int, progress: Progress
) -> None:
    done, last = await target.progress_of(table)
    progress(f"Copying {table.name}", done, total)
    for rows in source.batches(table, last):
        await target.load(table, rows)
        done += len(rows)
        progress(f"Copying {table.name}", done, total)


async def _verify(
    target: Target, tables: Sequence[Table], manifest: Manifest, progress: Progress
) -> None:
    total, done = sum(summary.rows for summary in manifest.values()), 0
    found: dict[str, Summary] = {}
    for table in tables:
        running = RunningHash()
        async for rows in target.read(table):
            running.add(rows)
            done += len(rows)
            progress("Checking", done, total)
        found[table.name] = running.summary()
    if unequal := differences(manifest, found):
        raise CopyFailed(f"The copy is not the same in {', '.join(unequal)}. {START_ANEW}")
