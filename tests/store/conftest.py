"""A store on a real database of each engine, and an account in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pausepoint.config.settings import Settings
from pausepoint.store.changes import Change, InsertDeveloper
from pausepoint.store.postgres.store import PostgresStore
from pausepoint.store.sqlite.store import SqliteStore
from pausepoint.testing import FakeClock
from tests.doubles.postgres import PostgresServer
from tests.harness import World, a_world, settings_of
from tests.store.bare import Bare, BarePostgres, BareSqlite, MakeBare
from tests.store.samples import SECRET, a_developer


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    yield server
    server.close()


@pytest.fixture(scope="session")
def template(postgres: PostgresServer) -> str:
    """A database with the schema, to be copied: that is faster than making it anew."""
    name = postgres.create_database()

    async def make_schema() -> None:
        await (await PostgresStore.open(postgres.url(name), [SECRET], FakeClock())).close()

    asyncio.run(make_schema())
    return name


@pytest.fixture
def database_url(postgres: PostgresServer, template: str) -> str:
    """A fresh database on PostgreSQL with the schema in it."""
    return postgres.url(postgres.create_database(template))


@pytest.fixture(params=["sqlite", "postgres"])
def open_store(
    request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock
) -> Callable[[], Awaitable[SqliteStore | PostgresStore]]:
    """Opens the same database, of each engine in turn, whenever it is called."""
    if request.param == "sqlite":
        return lambda: SqliteStore.open(tmp_path / "test.db", [SECRET], clock)
    url = request.getfixturevalue("database_url")
    return lambda: PostgresStore.open(url, [SECRET], clock)


@pytest.fixture(params=["sqlite", "postgres"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Of a service on each engine in turn."""
    if request.param == "sqlite":
        return settings_of(tmp_path)
    url = request.getfixturevalue("database_url")
    return settings_of(tmp_path, PAUSEPOINT_DATABASE_URL=url)


@pytest.fixture
async def world(settings: Settings, tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path, settings) as made:
        yield made


@pytest.fixture
async def store(
    open_store: Callable[[], Awaitable[SqliteStore | PostgresStore]],
) -> AsyncIterator[SqliteStore | PostgresStore]:
    opened = await open_store()
    await opened.apply(Change(guard=InsertDeveloper(a_developer())))
    yield opened
    await opened.close()


@pytest.fixture(params=["sqlite", "postgres"])
async def bare(request: pytest.FixtureRequest, tmp_path: Any) -> AsyncIterator[Bare]:
    made: Bare = (
        BareSqlite(tmp_path / "a.db")
        if request.param == "sqlite"
        else BarePostgres(request.getfixturevalue("postgres"))
    )
    yield made
    await made.close()


@pytest.fixture(params=["sqlite", "postgres"])
async def make_bare(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[MakeBare]:
    """Makes empty databases, all of one engine, each engine in turn."""
    made: list[Bare] = []

    def make() -> Bare:
        if request.param == "sqlite":
            made.append(BareSqlite(tmp_path / f"{len(made)}.db"))
        else:
            server: PostgresServer = request.getfixturevalue("postgres")
            made.append(BarePostgres(server))
        return made[-1]

    yield make
    for each in made:
        await each.close()
