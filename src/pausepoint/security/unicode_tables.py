"""Unicode's tables, read once from `unicode/` when the first unusual text comes by."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Final

_BLANK: Final = " \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\u2800"
"""Every Unicode space, and U+2800, which is drawn as one without being one."""

_OTHER_HIDDEN: Final = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters, save tab and newline
    "\u2028\u2029"  # line breaks that not every program shows as such
    "\ufff9-\ufffb\U00013430-\U0001343f"  # format characters that Unicode does not call ignorable
    "\ud800-\udfff"  # a lone surrogate cannot leave as UTF-8
)


def _lines(name: str) -> list[str]:
    text = files(__package__).joinpath("unicode", name).read_text("utf-8")
    return [line for line in text.splitlines() if not line.startswith("#")]


@cache
def _classes() -> dict[str, str]:
    """Each property of properties.txt as the inside of a regular expression's character class."""
    found = {}
    for line in _lines("properties.txt"):
        name, _, ranges = line.partition(": ")
        bounds = [span.split("-") for span in ranges.split()]
        found[name] = "".join("-".join(chr(int(end, 16)) for end in span) for span in bounds)
    return found


@cache
def hidden() -> re.Pattern[str]:
    """One character that is not drawn, or that moves others about: bidi controls are ignorable."""
    return re.compile(f"[{_OTHER_HIDDEN}{_classes()['Default_Ignorable_Code_Point']}]")


@cache
def oddities() -> re.Pattern[str]:
    """What must be marked: groups `hidden` (one character, repeated), `lines` and `blanks`.

    Group `emoji` is what may stay although it holds an invisible character (UTS #51).
    """
    pictograph = (
        f"[{_classes()['Extended_Pictographic']}](?:[\U0001f3fb-\U0001f3ff]\ufe0f?|\ufe0f)?"
    )
    return re.compile(
        f"(?P<emoji>{pictograph}(?:\u200d{pictograph})*|[0-9#*]\ufe0f\u20e3)"
        f"|(?P<hidden>(?P<one>{hidden().pattern})(?P=one)*)"
        f"|(?P<lines>(?:\\A|(?<=\n))(?:[{_BLANK}]*\n){{2,}}[{_BLANK}]*(?=\n))"
        f"|(?P<blanks>[{_BLANK}]{{21,}})"
    )


@cache
def prototypes() -> dict[int, str]:
    """For str.translate: characters to what they are drawn like (UTS #39)."""
    table = {0x2800: " "}
    for line in _lines("confusables.txt"):
        prototype, _, twins = line.partition(";")
        drawn = "".join(chr(int(code, 16)) for code in prototype.split())
        table.update((int(code, 16), drawn) for code in twins.split())
    return table
