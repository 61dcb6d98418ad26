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
    stops: int = 0


class SavedRun:
    """The file at `path`; without a path nothing outlives the process.

    `stop_ids` identify the stop that the run waits at: a random id of the run, and how many stops
    it has made. Both are saved, so a restarted program finds the pauses of that stop and no others.
    `is_restored` is true while the run waits at the stop that the file was read with.
    """

    def __init__(self, path: str | os.PathLike[str] | None) -> None:
        """Raises ValueError for a file that is not of this kind."""
        self._path = None if path is None else Path(path)
        self.run_id = secrets.token_hex(16)
        self.state: dict[str, Any] | None = None
        self.is_restored = False
        self._stops = 0
        if self._path is not None and self._path.exists():
            try:
                saved = msgspec.json.decode(self._path.read_bytes(), type=_Saved)
            except msgspec.DecodeError as error:
                raise ValueError(f"{self._path} holds no saved run: {error}") from None
            self.run_id, self.state, self._stops = saved.run_id, saved.state, saved.stops
            self.is_restored = True

    @property
    def stop_ids(self) -> tuple[str, str]:
        return self.run_id, str(self._stops)

    def keep(self, **state: Any) -> None:
        """Save the run at its next stop. On disk when it returns, whole or not at all."""
        self.state = state
        self.is_restored = False
        self._stops += 1
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(msgspec.json.encode(_Saved(self.run_id, state, self._stops)))
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
