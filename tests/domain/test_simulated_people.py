"""Who is at an address of `people.test`, and what is said of addresses that mean nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pausepoint.domain.errors import InvalidRecipient
from pausepoint.domain.simulated_people import (
    NAMES,
    NUMBERS,
    SLACK,
    SimulatedPerson,
    simulated_address,
    simulated_person,
)

SLOW = timedelta(seconds=30)


@pytest.mark.parametrize(
    ("name", "person"),
    [
        ("approve", SimulatedPerson(place=0)),
        ("reject", SimulatedPerson(place=-1)),
        ("choose+2", SimulatedPerson(place=1)),
        ("reject+note", SimulatedPerson(place=-1, adds_note=True)),
        ("slow-approve+30s", SimulatedPerson(place=0, after=SLOW)),
        ("slow-reject+5m", SimulatedPerson(place=-1, after=10 * SLOW)),
        ("slow-approve+8760h+note", SimulatedPerson(place=0, after=timedelta(days=365), adds_note=True)),
        ("never", SimulatedPerson()),
        ("bounce", SimulatedPerson(is_reachable=False)),
    ],
)  # fmt: skip
def test_a_name_says_what_they_do(name: str, person: SimulatedPerson) -> None:
    assert simulated_person(f"{name}@people.test") == person
    assert simulated_person(SLACK + name) == person


@pytest.mark.parametrize(("number", "name"), NUMBERS.items())
def test_a_number_stands_for_a_name(number: str, name: str) -> None:
    assert number.startswith("+1202555018")
    assert simulated_person(number) == simulated_person(f"{name}@people.test")


@pytest.mark.parametrize(
    "name",
    [
        *("foo", "", "approve@home", "approve ", "aprove", "never+note", "bounce+30s", "approve+30s"),
        *("choose", "choose+0", "choose+6", "choose+x", "slow-approve", "slow-never+30s"),
        *("slow-approve+xyz", "slow-approve+30", "slow-approve+-5s", "slow-approve+1.5h"),
        *("slow-approve+٣s", "slow-approve+123456789s"),
    ],
)  # fmt: skip
def test_a_name_that_means_nothing_is_refused_with_those_that_do(name: str) -> None:
    with pytest.raises(InvalidRecipient) as refused:
        simulated_person(f"{name}@people.test")

    assert all(known in refused.value.message for known in NAMES)


@pytest.mark.parametrize("delay", ["0s", "0h", "8761h", "999999h", "99999999h"])
def test_a_delay_has_its_bounds(delay: str) -> None:
    with pytest.raises(InvalidRecipient, match="8760h"):
        simulated_person(f"slow-approve+{delay}@people.test")


@pytest.mark.parametrize("name", NAMES)
def test_every_name_that_is_told_is_somebody(name: str) -> None:
    assert simulated_person(f"{name}@people.test") is not None


def test_the_one_spelling() -> None:
    assert simulated_address("  Approve@People.TEST\n", "sms") == "approve@people.test"
    assert simulated_address(SLACK.upper() + "NEVER", "slack") == f"{SLACK}never"


@pytest.mark.parametrize(
    "recipient",
    ["approve@people.test.example.com", "approve@xpeople.test.", "a@example.com", "+15550100", ""],
)
def test_everybody_else_is_real(recipient: str) -> None:
    assert simulated_address(recipient, "email") is None
    assert simulated_person(recipient) is None
