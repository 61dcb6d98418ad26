"""Backs up an SQLite database that is in use, and verifies the copy."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

PAGES_A_STEP: Final = 1_000
"""Pages copied at a time: few, so that the server's commits do not wait long."""


class BackupFailed(Exception):
    """No usable copy was made; the message says why."""


def back_up(source: Path, target: Path, progress: Callable[[float], None]) -> int:
    """Copy a snapshot of `source` to `target` and return the copy's size in bytes.

    The server may be running: `source` is opened read-only. Calls `progress` with the share that is
    done. Raises BackupFailed.
    """
    if not source.is_file():
        raise BackupFailed(f"There is no database at {source}.")
    if target.exists():
        raise BackupFailed(f"{target} is there already. Give the copy a new name.")
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as reader,
            closing(sqlite3.connect(target)) as copy,
        ):
            reader.backup(
                copy,
                pages=PAGES_A_STEP,
                progress=lambda _, left, total: progress(1 - left / max(total, 1)),
                sleep=0.001,
            )
            [(verdict,)] = copy.execute("PRAGMA integrity_check").fetchall()[:1]
    except (sqlite3.Error, OSError) as error:
        target.unlink()
        raise BackupFailed(f"The copy failed: {error}.") from error
    if verdict != "ok":
        target.unlink()
        raise BackupFailed(f"The copy is damaged: {verdict}. Check the disk.")
    return target.stat().st_size
