"""An account's name stands in sentences that people read: it is a name, and not ours."""

from __future__ import annotations

import pytest

from pausepoint.admin.commands import AdminError, execute
from pausepoint.operations.register_developer import register_developer
from tests.harness import World, an_api

pytestmark = pytest.mark.anyio

REFUSED = [
    "PausePoint Support",
    "pausepoint",
    "Рausероint",
    "Pause Point",
    "Pause\u00adPoint",
    "Pause-Point Support",
    "Pause·Point",
    "Pause_Point",
    "Your bank. Doing nothing is safe",
    "Acme! Nothing happens",
    "Acme: doing nothing is safe",
    "Acme, and if you do nothing then nothing at all is chosen",
    "two\nlines",
    "",
    "x" * 101,
]


@pytest.mark.parametrize("name", REFUSED)
async def test_no_sentence_and_nothing_that_passes_for_us(world: World, name: str) -> None:
    person = {"email": "eve@example.com", "name": name, "password": "long enough"}
    async with an_api(world) as api:
        answer = await api.post("/v1/auth/register", json=person)
    assert (answer.status_code, answer.json()["error"]) == (422, "VALIDATION_ERROR")
    assert [each["field"] for each in answer.json()["detail"]] == ["name"]
    with pytest.raises(AdminError, match="name: "):
        await execute(world.services, "accounts.create", {"email": "e@example.com", "name": name})


@pytest.mark.parametrize(
    "name",
    [
        "Acme",
        "St. Mary's Hospital",
        "Acme Corp. of Ohio",
        "Smith & Sons (UK) Ltd.",
        "Yahoo!",
        "Müller GmbH & Co. KG",
        "株式会社テスト",
        "O'Neil, Park and Partners",
    ],
)
async def test_names_of_companies_and_people_are_taken(world: World, name: str) -> None:
    made = await register_developer(world.services, "eve@example.com", name)
    assert made.developer.name == name
