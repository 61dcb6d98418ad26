"""A run that waits, in a file: what a program that was killed needs in order to go on."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from pathlib import Path
from typing import Any

import msgspec


class _Saved(msgspec.Struct):
    run_id: str
    state: dict[str, Any]


class SavedRun:
    """The file at `path`; without a path nothing outlives the process.

    `run_id` is part of every idempotency key: models number their calls anew in each run.
    """

    def __init__(self, path: str | os.PathLike[str] | None) -> None:
        """Raises ValueError for a file that is not of this kind."""
        self._path = None if path is None else Path(path)
        self.run_id = secrets.token_hex(16)
        self.state: dict[str, Any] | None = None
        if self._path is not None and self._path.exists():
            try:
                saved = msgspec.json.decode(self._path.read_bytes(), type=_Saved)
            except msgspec.DecodeError as error:
                raise ValueError(f"{self._path} holds no saved run: {error}") from None
            self.run_id, self.state = saved.run_id, saved.state

    def keep(self, **state: Any) -> None:
        """On disk when it returns, whole or not at all; nobody else may read it."""
        self.state = state
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(msgspec.json.encode(_Saved(self.run_id, state)))
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self._path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                Path(name).unlink()
            raise

    def forget(self) -> None:
        """The run has ended."""
        self.state = None
        if self._path is not None:
            self._path.unlink(missing_ok=True)
