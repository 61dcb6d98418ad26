"""DNS that an attacker runs, asked by the system's own resolver: what it says leads nobody inside."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.namespaces import unshare
from tests.security.name_stage import NAMES, OUR_PUBLIC

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What two events came to at each name. Nothing of it leaves the namespaces."""
    stage = [sys.executable, "-m", "tests.security.name_stage", tmp_path_factory.mktemp("stage")]
    played = subprocess.run(
        [*unshare("--net", "--mount"), *stage],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert played.returncode == 0, played.stderr
    found: dict[str, Any] = json.loads(played.stdout)
    return found


def codes(seen: dict[str, Any], name: str) -> list[str]:
    """Of all attempts at both events, in their order; what failed may have been tried again."""
    attempts = [each for tries in seen["attempts"][name] for each in tries]
    return [each["code"] for each in sorted(attempts, key=lambda each: each["at"])]


def dialled(seen: dict[str, Any], name: str) -> list[str]:
    return [address for address, by in seen["dialled"] if by == name]


REFUSED = "address_refused"
DELIVERED = "204"


def test_nobody_inside_was_dialled_by_any_name(seen: dict[str, Any]) -> None:
    assert {address for address, _ in seen["dialled"]} == {OUR_PUBLIC}
    assert {name for _, name in seen["dialled"]} <= set(NAMES)


@pytest.mark.parametrize("name", ["public.test", "alias.test"])
def test_a_public_address_is_dialled(seen: dict[str, Any], name: str) -> None:
    """Else the refusals would say nothing."""
    assert codes(seen, name) == [DELIVERED, DELIVERED]
    assert dialled(seen, name) == [OUR_PUBLIC, OUR_PUBLIC]


@pytest.mark.parametrize(
    "name",
    [
        "inside.test",
        "mixed.test",
        "mixed-turned.test",
        "mixed-families.test",
        "mapped.test",
        "metadata.test",
        "alias-inside.test",
    ],
)
def test_a_name_with_any_address_inside_is_refused(seen: dict[str, Any], name: str) -> None:
    assert set(codes(seen, name)) == {REFUSED}
    assert dialled(seen, name) == []


@pytest.mark.parametrize(
    ("name", "turns"),
    [("flips.test", [DELIVERED, REFUSED]), ("flips-back.test", [REFUSED, DELIVERED])],
)
def test_a_name_that_is_bound_anew_each_time(
    seen: dict[str, Any], name: str, turns: list[str]
) -> None:
    """One look-up a dial: there is no second answer between the check and the dial."""
    told = codes(seen, name)
    assert told == (turns * len(told))[: len(told)]
    assert dialled(seen, name) == [OUR_PUBLIC] * told.count(DELIVERED)
    assert Counter(seen["asked"])[name] == len(told) >= 2


def test_a_name_server_that_takes_its_time_holds_up_no_other_name(seen: dict[str, Any]) -> None:
    """It answered only when all others had been told of both events."""
    assert codes(seen, "slow.test") == [DELIVERED, DELIVERED]
    order = [name for _, name in seen["dialled"]]
    assert order.index("slow.test") > max(order.index("public.test"), order.index("alias.test"))


def test_a_redirect_to_the_inside_is_not_followed(seen: dict[str, Any]) -> None:
    assert set(codes(seen, "redirect.test")) == {"307"}
    assert set(dialled(seen, "redirect.test")) == {OUR_PUBLIC}
    looked_up = Counter(seen["asked"])["inside.test"]
    assert looked_up == len(codes(seen, "inside.test")), "the redirect's name was looked up"
