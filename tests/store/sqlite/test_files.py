"""A database file that is moved, replaced or deleted: writes are refused, acknowledged ones are kept."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from pausepoint.store.base import DatabaseGone
from pausepoint.store.changes import Applied, Change, InsertDeveloper
from pausepoint.store.sqlite.store import SqliteStore
from pausepoint.testing import FakeClock
from tests.store.samples import SECRET, a_developer

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[SqliteStore]:
    store = await SqliteStore.open(path, [SECRET], FakeClock())
    yield store
    await store.close()


def accounts_in(path: Path) -> int:
    """As it stands in this one file, without its log."""
    with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM developers").fetchone()
        assert isinstance(count, int)
        return count


def moved(path: Path) -> None:
    path.rename(path.with_name("away.db"))


def deleted(path: Path) -> None:
    path.unlink()


def replaced(path: Path) -> None:
    path.unlink()
    path.touch()


def folder_moved(path: Path) -> None:
    path.parent.rename(path.parent.with_name("elsewhere"))


def log_deleted(path: Path) -> None:
    path.with_name("a.db-wal").unlink()


def index_deleted(path: Path) -> None:
    path.with_name("a.db-shm").unlink()


@pytest.mark.parametrize(
    "trouble", [moved, deleted, replaced, folder_moved, log_deleted, index_deleted]
)
async def test_it_is_noticed_and_nothing_is_taken(
    tmp_path: Path, trouble: Callable[[Path], None]
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    async with opened(folder / "a.db") as store:
        await store.check()
        trouble(folder / "a.db")

        with pytest.raises(DatabaseGone, match="moved, replaced or deleted"):
            await store.check()
        with pytest.raises(DatabaseGone):
            await store.apply(Change(guard=InsertDeveloper(a_developer())))
        assert await store.developers() == []


async def test_a_link_to_the_file_is_followed(tmp_path: Path) -> None:
    """SQLite keeps the log beside the file, not beside the link."""
    link, real = tmp_path / "a.db", tmp_path / "disk" / "b.db"
    real.parent.mkdir()
    real.touch()
    link.symlink_to(real)
    async with opened(link) as store:
        await store.check()
        moved(real)

        with pytest.raises(DatabaseGone):
            await store.check()


async def test_a_file_that_is_put_back_is_used_again(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    async with opened(path) as store:
        moved(path)
        with pytest.raises(DatabaseGone):
            await store.check()
        path.with_name("away.db").rename(path)

        await store.check()
        applied = await store.apply(Change(guard=InsertDeveloper(a_developer())))
        assert isinstance(applied, Applied)
    assert accounts_in(path) == 1


async def test_a_log_that_was_deleted_takes_nothing_along(tmp_path: Path) -> None:
    """What was told to callers is in the database before anybody is refused, whatever comes next."""
    path = tmp_path / "a.db"
    async with opened(path) as store:
        await store.apply(Change(guard=InsertDeveloper(a_developer())))
        assert accounts_in(path) == 0
        log_deleted(path)
        with pytest.raises(DatabaseGone):
            await store.check()
        with pytest.raises(DatabaseGone):
            await store.apply(Change())

        assert accounts_in(path) == 1


async def test_a_reader_only_delays_that_what_was_told_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    async with opened(path) as store:
        with closing(sqlite3.connect(path, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM developers").fetchone()
            await store.apply(Change(guard=InsertDeveloper(a_developer())))
            moved(path)
            with pytest.raises(DatabaseGone):
                await store.check()
            with pytest.raises(DatabaseGone):
                await store.apply(Change())
            reader.execute("ROLLBACK")
    assert accounts_in(path.with_name("away.db")) == 1


async def test_the_log_is_not_played_into_another_file(tmp_path: Path) -> None:
    """Nobody asked between the replacement and the stop; all is in the file that was moved."""
    path, log = tmp_path / "a.db", tmp_path / "a.db-wal"
    async with opened(path) as store:
        await store.apply(Change(guard=InsertDeveloper(a_developer())))
        assert log.stat().st_size > 0
        moved(path)
        path.touch()

    assert not log.exists() or log.stat().st_size == 0
    assert accounts_in(path.with_name("away.db")) == 1
    async with opened(path) as store:
        assert await store.developers() == []
