"""DBOS Transact: a program of its own asks with `recv` and answers with `send`."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from bench.engines import Engine, PostgresDatabase
from bench.peers.environments import NotAvailable, python_environment, versions
from bench.server import a_folder


class Dbos:
    def __init__(self, engine: Engine) -> None:
        self.name = f"{versions('dbos', 'dbos')} on {engine.name}"
        self._engine = engine

    def creates_per_second(self, seconds: float) -> float:
        return float(self._run("creates", str(seconds))[0])

    def resumed_ms(self, waiting: int) -> list[float]:
        return self._run("resumed", str(waiting))

    def lateness_s(self, together: int) -> list[float]:
        return self._run("lateness", str(together))

    def _run(self, *arguments: str) -> list[float]:
        python = python_environment("dbos") / "python"
        program = Path(__file__).with_name("program.py")
        with a_folder() as folder:
            database = self._engine.database(folder)
            url = f"sqlite:///{folder / 'dbos.db'}"
            if isinstance(database, PostgresDatabase):
                url = database.url
            done = subprocess.run(
                [str(python), str(program), url, *arguments],
                cwd=folder,
                env={"PATH": os.defpath, "HOME": str(folder)},
                capture_output=True,
                text=True,
                check=False,
                timeout=300,
            )
        if done.returncode:
            raise NotAvailable((done.stderr.strip().splitlines() or ["it said nothing"])[-1])
        found: list[float] = json.loads(done.stdout.splitlines()[-1])
        return found
