"""The API reference: fields, limits, errors and commands of an OpenAPI document; and the page at /."""

from __future__ import annotations

import copy
import subprocess

from pausepoint.web.pages.api_reference import render_reference
from pausepoint.web.pages.home import render_home
from pausepoint.web.pages.schema_rows import Schemas
from tests.web.pages.html_facts import facts
from tests.web.pages.samples import OPENAPI

PAGE = facts(render_reference(OPENAPI))


def command(anchor: str) -> str:
    return next(e.text for e in PAGE.all("code") if e.attributes.get("id") == f"{anchor}-curl")


def test_operations_are_grouped_by_tag_and_can_be_linked_to() -> None:
    assert [e.text for e in PAGE.all("h2")] == ["Pauses", "Accounts"]
    assert [e.attributes["id"] for e in PAGE.all("h3")] == ["post-v1-pause", "post-v1-auth-login"]
    anchors = {"#" + e.attributes["id"] for e in PAGE.elements if "id" in e.attributes}
    assert {a.attributes["href"] for a in PAGE.all("a") if "#" in a.attributes["href"]} <= anchors


def test_fields_say_type_limits_and_default() -> None:
    assert "message required string at most 2000 characters" in PAGE.text
    assert "timeout_hours number more than 0, default 24" in PAGE.text
    assert "timeout_default string or null" in PAGE.text
    assert "Idempotency-Key string in the header, at most 255 characters" in PAGE.text
    assert 'status "pending" | "responded"' in PAGE.text
    assert "attempts[].number integer attempts[].at string (date-time)" in PAGE.text


def test_errors_name_their_codes() -> None:
    assert "400 INVALID_CHANNEL INVALID_OPTIONS The options are wrong." in PAGE.text


def test_a_schema_that_holds_itself_ends() -> None:
    schemas = Schemas(OPENAPI)
    pause = {"$ref": "#/components/schemas/Pause"}

    assert len(list(schemas.rows(pause))) < 50
    assert schemas.example(pause)["attempts"] == [{"number": 0, "at": "…"}]


def test_the_command_can_be_pasted_into_a_shell() -> None:
    pasted = command("post-v1-pause").replace("curl ", "printf '%s\\n' ", 1)
    done = subprocess.run(
        pasted,
        shell=True,
        check=True,
        capture_output=True,
        text=True,
        env={"PAUSEPOINT_API_KEY": "pp_test_0"},
    )

    assert done.stdout.splitlines()[:6] == [
        "-X",
        "POST",
        "http://127.0.0.1:8000/v1/pause",
        "-H",
        "Authorization: Bearer pp_test_0",
        "-H",
    ]
    assert '"message": "It\'s 5 o\'clock?"' in done.stdout


def test_what_needs_no_key_asks_for_none() -> None:
    assert "Authorization" not in command("post-v1-auth-login")


def test_nothing_in_the_document_can_run() -> None:
    hostile = "<script>alert(1)</script> `<b>`"
    document = copy.deepcopy(OPENAPI)
    document["info"]["description"] = hostile
    document["paths"]["/v1/pause"]["post"]["summary"] = hostile
    document["paths"]["/v1/pause"]["post"]["description"] = hostile
    page = facts(render_reference(document))

    assert len(page.all("script")) == 1
    assert "<b>" in [e.text for e in page.all("code")]


def test_a_bare_document_is_enough() -> None:
    assert "API reference" in facts(render_reference({"openapi": "3.1.0", "paths": {}})).text


def test_home_leads_to_the_inbox_only_where_there_is_one() -> None:
    live, dev = (facts(render_home("0.1.0", is_dev)) for is_dev in (False, True))

    assert "/dev/inbox" in dev.addresses()
    assert "/dev/inbox" not in live.addresses()
    assert "/docs" in live.addresses()
    assert "PausePoint 0.1.0" in live.text
