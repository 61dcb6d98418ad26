"""Every released version's database opens with today's code, and its code runs on today's schema.

`scripts/record_release.py` makes the folders that these tests read.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pytest

from pausepoint.store.changes import Applied, Change, ErasePause, EraseRest, Lost
from pausepoint.store.migrate import FOLDER, Migration, SchemaRefused, migrations
from tests.store.bare import Bare, MakeBare
from tests.store.filled import ANSWERED, LATE, WITHDRAWN, everything, fill, missing, use
from tests.store.samples import HOUR, NOW

pytestmark = pytest.mark.anyio

ROOT: Final = Path(__file__).parents[2]
RELEASES: Final = sorted(path for path in Path(__file__).with_name("releases").iterdir())
_INSERT: Final = re.compile(r"INSERT INTO (\w+) \(([^)]+)\) VALUES \(([^)]+)\)(.*)")
_TABLE: Final = re.compile(r"(?m)^CREATE TABLE (\w+)")


@dataclass(frozen=True)
class Release:
    folder: Path

    def expected(self, engine: str) -> Any:
        return json.loads((self.folder / "expected.json").read_text("utf-8"))[engine]

    @property
    def schema(self) -> int:
        found: int = self._recorded["schema"]
        return found

    def statements(self, engine: str) -> dict[str, str]:
        found: dict[str, str] = self._recorded[engine]
        return found

    def may_run_on(self, known: tuple[Migration, ...]) -> bool:
        return all(each.compatible_from <= self.schema for each in known[self.schema :])

    @property
    def _recorded(self) -> Any:
        return json.loads((self.folder / "statements.json").read_text("utf-8"))


@pytest.fixture(params=RELEASES, ids=lambda path: path.name)
def release(request: pytest.FixtureRequest) -> Release:
    return Release(request.param)


# ── Upwards ──


async def test_a_filled_database_is_read_and_written(release: Release, make_bare: MakeBare) -> None:
    bare = make_bare()
    await bare.load(release.folder / f"{bare.engine}.sql")
    store = await bare.open()

    assert missing(release.expected(bare.engine), await everything(store)) == []
    await use(store)
    await store.close()


async def test_what_a_release_kept_can_be_erased(release: Release, make_bare: MakeBare) -> None:
    bare = make_bare()
    await bare.load(release.folder / f"{bare.engine}.sql")
    store = await bare.open()
    before = await store.pause(ANSWERED)
    assert before is not None
    assert before.content is not None
    erased = Change((EraseRest(ANSWERED, NOW),), ErasePause(ANSWERED))

    assert isinstance(await store.apply(erased), Applied)
    assert isinstance(await store.apply(erased), Lost)
    assert await store.pause(ANSWERED) == replace(before, content=None)
    erasable = await store.erasable_pauses(NOW + 100 * HOUR, 100)
    assert [each.pause_id for each in erasable] == [LATE, WITHDRAWN]
    await use(store)
    await store.close()


# ── The older code on the newer schema ──


async def test_what_a_release_runs_prepares_on_todays_schema(
    release: Release, make_bare: MakeBare
) -> None:
    bare, known = make_bare(), migrations("sqlite")
    await (await bare.open()).close()

    assert await unprepared(bare, release) == [] or not release.may_run_on(known)


async def test_what_a_release_inserts_goes_into_todays_schema(
    release: Release, make_bare: MakeBare
) -> None:
    old, new, known = make_bare(), make_bare(), migrations("sqlite")
    await old.load(release.folder / f"{old.engine}.sql")
    await (await new.open()).close()

    assert await uninserted(old, new, release) == [] or not release.may_run_on(known)


async def unprepared(bare: Bare, release: Release) -> list[str]:
    """The statements that this database does not understand."""
    found = []
    for name, sql in release.statements(bare.engine).items():
        try:
            await bare.prepare(sql)
        except bare.error:
            found.append(name)
    return found


async def uninserted(old: Bare, new: Bare, release: Release) -> list[str]:
    """The inserts that do not carry every row of `old` over into `new`, parents first."""
    order = _TABLE.findall("".join(each.sql for each in migrations(old.engine)))
    inserts = [
        (order.index(matched[1]), name, matched)
        for name, sql in release.statements(old.engine).items()
        if "$" not in sql and (matched := _INSERT.fullmatch(sql))
    ]
    found = []
    for _, name, matched in sorted(inserts, key=lambda each: each[:2]):
        try:
            await _carry_over(old, new, matched)
        except new.error:
            found.append(name)
    return found


async def _carry_over(old: Bare, new: Bare, insert: re.Match[str]) -> None:
    table, rest = insert[1], insert[4].count("?")
    pairs = zip(insert[2].split(", "), insert[3].split(", "), strict=True)
    columns = [column for column, value in pairs if value == "?"]
    rows = await old.run(f"SELECT {', '.join(columns)} FROM {table}")
    assert rows, f"there is nothing in {table} to insert"
    for row in rows:
        await new.run(insert[0], *row, *[0] * rest)
    assert await new.run(f"SELECT count(*) FROM {table}") == [(len(rows),)]


# ── Migrations that may come ──

ADDS: Final = "ALTER TABLE pauses ADD COLUMN note TEXT;\nCREATE TABLE notes (note TEXT) STRICT;\n"
INDEXES: Final = "CREATE INDEX pauses_by_channel ON pauses (channel);\n"
RENAMES: Final = "ALTER TABLE pauses RENAME COLUMN channel TO way;\n"
DEMANDS: Final = "CREATE UNIQUE INDEX one_live_key ON api_keys (developer_id, mode);\n"


def with_more(tmp_path: Path, engine: str, *scripts: str) -> tuple[Migration, ...]:
    """The migrations of today, and made-up ones after them."""
    folder = tmp_path / "migrations"
    folder.mkdir()
    for file in FOLDER.iterdir():
        (folder / file.name).write_text(file.read_text("utf-8"), "utf-8")
    for number, script in enumerate(scripts, TODAY + 1):
        (folder / f"{number:04}_made_up.sql").write_text(script, "utf-8")
    return migrations(engine, folder)


TODAY: Final = migrations("sqlite")[-1].number
COMPATIBLE: Final = f"-- A word about it.\n-- compatible from: {TODAY}\n"


@pytest.mark.parametrize(
    "scripts",
    [(COMPATIBLE + ADDS,), (COMPATIBLE + ADDS, COMPATIBLE + INDEXES)],
    ids=["one", "two"],
)
async def test_todays_code_starts_on_a_newer_schema_that_allows_it(
    make_bare: MakeBare, tmp_path: Path, scripts: tuple[str, ...]
) -> None:
    bare = make_bare()
    store = await bare.open()
    await fill(store)
    before = await everything(store)
    await store.close()

    assert await bare.migrate(with_more(tmp_path, bare.engine, *scripts)) == len(scripts)
    store = await bare.open()
    assert await everything(store) == before
    await use(store)
    await store.close()


@pytest.mark.parametrize(
    "scripts",
    [
        (ADDS,),
        (COMPATIBLE + ADDS, RENAMES),
        (COMPATIBLE + ADDS, f"-- compatible from: {TODAY + 1}\n" + RENAMES),
        ("\n" + COMPATIBLE + ADDS,),
        (ADDS + COMPATIBLE,),
    ],
    ids=["silent", "then silent", "only from the next on", "not at the head", "at the end"],
)
async def test_todays_code_refuses_a_newer_schema_that_does_not(
    make_bare: MakeBare, tmp_path: Path, scripts: tuple[str, ...]
) -> None:
    bare = make_bare()
    await (await bare.open()).close()
    await bare.migrate(with_more(tmp_path, bare.engine, *scripts))
    with pytest.raises(SchemaRefused, match=f"schema {TODAY + len(scripts)}; this program knows"):
        await bare.open()


async def test_it_is_remembered_in_the_database(make_bare: MakeBare, tmp_path: Path) -> None:
    bare = make_bare()
    await bare.migrate(with_more(tmp_path, bare.engine, COMPATIBLE + ADDS))
    recorded = await bare.run("SELECT number, compatible_from FROM schema_migrations")

    newest = migrations(bare.engine)[-1]
    assert sorted(recorded)[-2:] == [(TODAY, newest.compatible_from), (TODAY + 1, TODAY)]


@pytest.mark.parametrize("oldest", [0, TODAY + 2])
def test_a_schema_that_cannot_be_is_refused(tmp_path: Path, oldest: int) -> None:
    with pytest.raises(ValueError, match=r"made_up\.sql is compatible from 1"):
        with_more(tmp_path, "sqlite", f"-- compatible from: {oldest}\n{ADDS}")


@pytest.mark.parametrize(
    ("script", "is_prepared", "is_inserted"),
    [(ADDS, True, True), (RENAMES, False, False), (DEMANDS, True, False)],
    ids=["adds", "renames", "demands"],
)
async def test_what_breaks_the_older_code_is_found(
    make_bare: MakeBare, tmp_path: Path, script: str, is_prepared: bool, is_inserted: bool
) -> None:
    release, old, new = Release(RELEASES[-1]), make_bare(), make_bare()
    await old.load(release.folder / f"{old.engine}.sql")
    known = with_more(tmp_path, new.engine, f"-- compatible from: {release.schema}\n{script}")
    await new.migrate(known)

    assert release.may_run_on(known)
    assert (await unprepared(new, release) == []) == is_prepared
    assert (await uninserted(old, new, release) == []) == is_inserted


# ── The books ──


def test_every_release_has_its_folder() -> None:
    """A version with a date in the changelog is released."""
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    released = re.findall(r"(?m)^## \[([\d.]+)\] - \d{4}-\d\d-\d\d$", changelog)

    assert set(released) <= {folder.name for folder in RELEASES}


async def test_a_release_holds_something_of_everything(
    release: Release, make_bare: MakeBare
) -> None:
    """Or what it proves would be little."""
    bare = make_bare()
    await bare.load(release.folder / f"{bare.engine}.sql")
    script = (release.folder / "sqlite.sql").read_text("utf-8")
    for table in re.findall(r"(?m)^CREATE TABLE \"?(\w+)", script):
        assert await bare.run(f"SELECT 1 FROM {table} LIMIT 1") == [(1,)], table
