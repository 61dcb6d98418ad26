"""What a page weighs stays near the limit of what may be asked; no two names on it look the same."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import pytest

from pausepoint.domain.action import ACTION_LIMIT, new_action
from pausepoint.domain.question import METADATA_LIMIT
from pausepoint.web.pages.details import details_of
from pausepoint.web.pages.respond import render_question
from tests.web.pages.html_facts import facts
from tests.web.pages.samples import NOW, PATH, pause_with

ROOM: Final = ACTION_LIMIT - 200


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


def text(unit: str) -> dict[str, str]:
    size = len(f"{unit!r}".encode()) if unit.isascii() else len(unit.encode())
    return {"x": unit * (ROOM // (size + unit.count("\n")))}


ARGUMENTS: Final[dict[str, Any]] = {
    "hidden characters": text("\u200b\u2060"),
    "hidden and letters": text("a\u200b"),
    "struck letters": text("a\u0336"),
    "empty lines": text("a\n\n\n\n"),
    "blanks": text("a" + " " * 21),
    "markup": text("&<"),
    "many names": {f"{n}": 1 for n in range(ROOM // 11)},
    "many hidden names": {f"\u200b\u200b\u200b{n}": 1 for n in range(ROOM // 19)},
    "long look-alike names": {"\u200b" * 30_000: 1, "\u200b" * 30_001: 1, "\u2060" * 20_000: 1},
    "deep lists": {"x": [nested(300)] * (ROOM // 610)},
    "many lists": {"x": [[]] * (ROOM // 3 - 10)},
    "many numbers": {"x": [1] * (ROOM // 2 - 10)},
}


@pytest.mark.parametrize("arguments", ARGUMENTS.values(), ids=ARGUMENTS.keys())
def test_a_page_weighs_little_more_than_its_action(arguments: Any) -> None:
    pause = pause_with(content={"action": new_action("tidy", arguments)})
    html = render_question(pause, "Acme", NOW, path=PATH)

    assert len(html.encode()) < 4 * ACTION_LIMIT
    assert html.count("<") < 3_000


@pytest.mark.parametrize(
    "metadata",
    [
        {f"{n}": 1 for n in range(METADATA_LIMIT // 11)},
        {"x": "a\u200b" * (METADATA_LIMIT // 4 - 10)},
        {"x": [nested(300)] * 26},
        {f"\u200b{n}": "\u200b" for n in range(METADATA_LIMIT // 20)},
    ],
)
def test_a_page_weighs_little_more_than_its_metadata(metadata: dict[str, Any]) -> None:
    html = render_question(pause_with(content={"metadata": metadata}), "Acme", NOW, path=PATH)

    assert len(html.encode()) < 5 * METADATA_LIMIT


def test_what_has_no_row_of_its_own_is_there_all_the_same() -> None:
    many = {f"name_{n}": f"value-{n}" for n in range(150)}
    pause = pause_with(content={"metadata": many, "action": new_action("tidy", many)})
    page = facts(render_question(pause, "Acme", NOW, path=PATH))

    for n in range(150):
        assert page.text.count(f"value-{n}") >= 2
    assert [term.text for term in page.all("dt")][-1] == "More arguments"


# ── Names ──


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("amount", "amount_"),
        ("amount", "аmount"),
        ("amount", "amount\u200b"),
        ("amount", "amount "),
        ("amount", "Amount"),
        ("All", "AIl"),
        ("due date", "due_date"),
        ("due date", "due\u00a0date"),
        ("amount", "ａmount"),
        ("amount", "amount\ufffc"),
    ],
)
def test_two_names_never_have_one_label(one: str, other: str) -> None:
    both = {one: 1, other: 2}
    [first, second] = [row.key for row in details_of(both)]
    action = new_action("tidy", both)
    page = facts(
        render_question(
            pause_with(content={"metadata": {"deep": [both]}, "action": action}),
            "Acme",
            NOW,
            path=PATH,
        )
    )
    labels = [term.text for term in page.all("dt")][1:3]

    for pair in ([first, second], labels):
        assert pair[0] != pair[1]
        for label in pair:
            # What is written in other letters, or in blanks, is spelled out.
            assert label is not None
            assert re.fullmatch("[!-~ ⟦⟧]+", label)
            assert label == label.strip()
    assert all(page.text.count(label.strip('"')) >= 2 for label in labels if "⟦" in label)


def test_names_keep_the_agents_spelling_and_order() -> None:
    assert [row.key for row in details_of({"due_date": 1, "Amount": 2, "betrag-€": 3})] == [
        "due_date",
        "Amount",
        "betrag-€",
    ]


def test_a_name_cannot_pass_for_the_spelling_of_another() -> None:
    names = ["аmount", "amount", "a⟦U+006D⟧ount"]
    labels = [row.key for row in details_of(dict.fromkeys(names, 1))]

    assert len(set(labels)) == 3


@pytest.mark.parametrize(
    "name", ["Tool", "tool", "Tооl", "Arguments", "More arguments", "SHA-256 of tool and arguments"]
)
def test_a_detail_cannot_pass_for_a_row_of_ours(name: str) -> None:
    content = {"metadata": {name: "Read", "amount": "1"}, "action": new_action("tidy", {"a": 1})}
    page = facts(render_question(pause_with(content=content), "Acme", NOW, path=PATH))

    assert [cell.text for cell in page.all("th")] == [
        json.dumps(name, ensure_ascii=False),
        "amount",
    ]
