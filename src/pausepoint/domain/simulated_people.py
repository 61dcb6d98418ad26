"""Simulated people: recipients that answer by themselves, so that a program that asks can be tested.

Their addresses belong to no one: `.test` is reserved for trying out (RFC 6761), and in every area the
numbers from 555-0100 to 555-0199 are kept for fiction.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from pausepoint.domain.errors import InvalidRecipient
from pausepoint.domain.record import record

PLACE: Final = "people.test"
MAIL: Final = f"@{PLACE}"
SLACK: Final = f"https://hooks.slack.com/services/{PLACE}/"
NUMBERS: Final = {
    "+12025550181": "approve",
    "+12025550182": "reject",
    "+12025550183": "slow-approve+30s",
    "+12025550184": "never",
    "+12025550185": "bounce",
}
NAMES: Final = (
    *("approve", "reject", "choose+2", "slow-approve+30s", "slow-reject+30s"),
    *("approve+note", "never", "bounce"),
)
NOTE: Final = "A note from a simulated person."
LONGEST: Final = timedelta(hours=8760)

_FORM: Final = re.compile(
    r"(?P<name>approve|reject|choose\+(?P<place>[1-5])|slow-(?:approve|reject)\+(?P<count>[0-9]{1,8})(?P<unit>[smh]))"
    r"(?P<note>\+note)?"
    r"|never|bounce"
)
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours"}


@record(frozen=True, slots=True, kw_only=True)
class SimulatedPerson:
    """Chooses the option at `place` after the time `after`; -1 is the last option, None no answer."""

    place: int | None = None
    after: timedelta = timedelta()
    adds_note: bool = False
    is_reachable: bool = True

    @property
    def answers_after(self) -> timedelta | None:
        return None if self.place is None else self.after


def simulated_address(recipient: str, channel: str) -> str | None:
    """Return the canonical form of such an e-mail address or Slack URL; None for real recipients.

    A number is known by its place in `NUMBERS`, once it is in E.164.
    """
    address = recipient.lower()
    if PLACE not in address:
        return None
    address = address.strip()
    is_theirs = address.endswith(MAIL) or (channel == "slack" and address.startswith(SLACK))
    return address if is_theirs else None


def simulated_person(address: str) -> SimulatedPerson | None:
    """Return the simulated person at a canonical address; None for real recipients.

    Raises InvalidRecipient where the address is a simulated person's and the name means nothing.
    """
    name = _name(address)
    return None if name is None else _parse_name(name)


def _name(address: str) -> str | None:
    if PLACE not in address:
        return NUMBERS.get(address)
    if address.endswith(MAIL):
        return address.removesuffix(MAIL)
    if address.startswith(SLACK):
        return address.removeprefix(SLACK)
    return None


def _parse_name(name: str) -> SimulatedPerson:
    form = _FORM.fullmatch(name)
    if form is None:
        raise InvalidRecipient(f"There is no such simulated person. There are: {', '.join(NAMES)}.")
    if form["name"] is None:
        return SimulatedPerson(is_reachable=name != "bounce")
    after = timedelta(**{_UNITS[form["unit"] or "s"]: int(form["count"] or 0)})
    if form["count"] and not timedelta() < after <= LONGEST:
        raise InvalidRecipient("A slow simulated person takes more than 0s and at most 8760h.")
    return SimulatedPerson(
        place=_place(form["name"], form["place"]), after=after, adds_note=form["note"] is not None
    )


def _place(name: str, place: str | None) -> int:
    if place is not None:
        return int(place) - 1
    return -1 if "reject" in name else 0
