"""Unicode's tables, read once from `unicode/` when the first unusual text comes by."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Final

_BLANK: Final = " \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\u2800"
"""Every Unicode space, and U+2800, which is drawn as one without being one."""

_OTHER_HIDDEN: Final = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters, save tab and newline
    "\u2028\u2029"  # line breaks that not every program shows as such
    "\ufff9-\ufffb\U00013430-\U0001343f"  # format characters that Unicode does not call ignorable
    "\ufffc\U00013441\U00013442\U00016fe4\U0001d159"  # drawn as nothing, or as a blank
    "\ud800-\udfff"  # a lone surrogate cannot leave as UTF-8
)

_COMPLEX_SCRIPTS: Final = (
    "\u0900-\u1cff\u302e\u302f\ua800-\uabff\U00011000-\U00011fff\U00016100-\U0001612f"
    "\U00016f00-\U00016f9f\U0001d100-\U0001d1ff"
)
"""Blocks whose letters take spacing marks; elsewhere such a mark stands alone."""

PLACEHOLDER: Final = "▯"

STACK_LIMIT: Final = 5
"""How many marks one letter may carry; fully pointed Hebrew needs five."""


def _lines(name: str) -> list[str]:
    text = files(__package__).joinpath("unicode", name).read_text("utf-8")
    return [line for line in text.splitlines() if not line.startswith("#")]


@cache
def _classes() -> dict[str, str]:
    """Return each property of properties.txt as the inside of a character class."""
    found = {}
    for line in _lines("properties.txt"):
        name, _, ranges = line.partition(": ")
        bounds = [span.split("-") for span in ranges.split()]
        found[name] = "".join("-".join(chr(int(end, 16)) for end in span) for span in bounds)
    return found


@cache
def hidden() -> re.Pattern[str]:
    """Match one character that is not drawn or reorders others: bidi controls are ignorable.

    What no font can draw, because Unicode has assigned nothing to it, counts as not drawn.
    """
    classes = _classes()
    return re.compile(
        f"[{_OTHER_HIDDEN}{classes['Default_Ignorable_Code_Point']}{classes['Not_Assigned']}]"
    )


@cache
def right_to_left() -> re.Pattern[str]:
    """Match one letter of a right-to-left script."""
    return re.compile(f"[{_classes()['Right_To_Left']}]")


@cache
def left_to_right_letters() -> re.Pattern[str]:
    """Match one letter of any other script."""
    return re.compile(f"[^\\W\\d_](?<![{_classes()['Right_To_Left']}])")


# ── The shape of a text: one letter for each character, by which it is searched ──
#
# C a script whose letters take spacing marks    E may be struck through, as `=` in `≠`
# P pictograph    Q both    T skin tone    D digit, `#` or `*`    A Arabic    . anything else
# M nonspacing mark    B of Arabic    m of a script as in C    S spacing mark
# R virama    r spacing virama    O overlay    L U+0338    K keycap
# H hidden    N U+200C    J U+200D    V U+FE0F    blanks and newlines stand for themselves
_MARK: Final = "MBmSRrOLK"
_HIDDEN: Final = "HNJV"


def shape(text: str) -> str:
    """Return one letter for each character of `text`: the group above that it belongs to.

    A regular expression over these few letters is much faster than one over 5,000 ranges.
    """
    return text.translate(_shapes())


@cache
def _shapes() -> bytearray:
    table = bytearray(b"." * 0x110000)

    def assign(letter: str, characters: str, only: str = "") -> None:
        for first, last in _ranges(characters):
            for code in range(first, last + 1) if only else ():
                if table[code] in only.encode():
                    table[code] = ord(letter)
            if not only:
                table[first : last + 1] = letter.encode() * (last + 1 - first)

    classes = _classes()
    assign("C", _COMPLEX_SCRIPTS)
    assign("P", classes["Extended_Pictographic"])
    for code in range(0x20, 0x2B00):
        if len(unicodedata.normalize("NFC", chr(code) + "\u0338")) == 1:
            table[code] = ord("Q" if table[code] == ord("P") else "E")
    assign("D", "0-9#*")
    assign("T", "\U0001f3fb-\U0001f3ff")
    assign("A", "\u0620-\u06d3")
    assign("B", classes["Mark"], only="A")
    assign("m", classes["Mark"], only="C")
    assign("M", classes["Mark"], only=".EPQ")
    assign("R", classes["Virama"])
    assign("r", classes["Spacing_Mark"], only="R")
    assign("S", classes["Spacing_Mark"], only="MBm")
    assign("O", classes["Overlay_Mark"])
    assign("L", "\u0338")
    assign("K", "\u20e3")
    assign(" ", _BLANK)
    assign("\n", "\n")
    assign("H", _OTHER_HIDDEN + classes["Default_Ignorable_Code_Point"] + classes["Not_Assigned"])
    assign("N", "\u200c")
    assign("J", "\u200d")
    assign("V", "\ufe0f")
    return table


def _ranges(characters: str) -> Iterator[tuple[int, int]]:
    """Parse the ranges inside a character class."""
    position = 0
    while position < len(characters):
        first = last = ord(characters[position])
        position += 1
        if characters[position : position + 1] == "-" and position + 1 < len(characters):
            last = ord(characters[position + 1])
            position += 2
        yield first, last


_PICTOGRAPH: Final = "[PQ](?:TV?|V)?"
_LINES: Final = "(?:\\A|(?<=\\n))(?: *\\n){2,} *(?=\\n)"
# Joiners at work: in Persian, and after a virama (RFC 5892).
_WORKING: Final = "(?<=[AB])N(?=[AB])|(?<=[Rr])[NJ](?=C)"
_STANDS_ALONE: Final = (
    f"(?:\\A|(?<=[ \\n{_HIDDEN}])|(?<=[{_MARK}]{{{STACK_LIMIT}}}))[{_MARK}]"
    f"|[OK]|(?<![EQ])L|(?<![CmSRr])[Sr]"
)
"""A combining mark without a letter, beyond what a letter takes, or drawn over letters.

An overlay is no accent: it strikes words through. It may stay where Unicode has one character for
letter and overlay.
"""

ODDITIES: Final = re.compile(
    f"(?P<emoji>{_PICTOGRAPH}(?:J{_PICTOGRAPH})*|DVK)"
    f"|(?P<hidden>(?:(?!{_WORKING})[{_HIDDEN}])+)"
    f"|(?=[{_MARK}])(?P<marks>(?:{_STANDS_ALONE})[{_MARK}]*)"
    f"|(?P<lines>{_LINES})"
    "|(?P<blanks> {21,})"
)
"""What must be marked in a text, found in its shape.

Group `emoji` is what may stay although it holds an invisible character (UTS #51).
"""

_ALONE: Final = re.compile(f"(?=[{_MARK}])(?:{_STANDS_ALONE})")
_RUNS: Final = re.compile(f"{PLACEHOLDER}+")
_EMPTY_LINES: Final = re.compile(f"(?:\\A|(?<=\\n))(?:[{_BLANK}]*\\n){{2,}}[{_BLANK}]*(?=\\n)")
_BLANKS: Final = re.compile(f"[{_BLANK}]{{21,}}")


def without_oddities(text: str) -> str:
    """Replace each run of hidden characters, stacked marks or blanks by one placeholder."""
    drawn = [
        PLACEHOLDER if letter in _HIDDEN else character
        for letter, character in zip(_ALONE.sub("H", shape(text)), text, strict=True)
    ]
    text = _RUNS.sub(PLACEHOLDER, "".join(drawn))
    return _BLANKS.sub("[blanks]", _EMPTY_LINES.sub("[empty lines]", text))


@cache
def stray_marks() -> re.Pattern[str]:
    """Match, in NFKD, enclosing marks, and spacing marks that no letter takes."""
    classes = _classes()
    enclosing = "\u0488\u0489\u1abe\u20dd-\u20e0\u20e2-\u20e4\ua670-\ua672"
    return re.compile(f"[{enclosing}]|(?<![{_COMPLEX_SCRIPTS}])[{classes['Spacing_Mark']}]+")


@cache
def quotation_marks() -> re.Pattern[str]:
    """Match a run of characters that may be read as quotation marks."""
    drawn_so = "".join(
        re.escape(chr(code))
        for code, drawn in prototypes().items()
        if drawn in ("'", "''") and not 0x05D0 <= code <= 0x05F2  # Hebrew letters are letters
    )
    others = "\"'\u00a8\u00b4\u02dd\u2032-\u2037\u2057«»‹›‘-‟❛-❠⹂〝-〟「-』﹁-﹄｢｣＂＇\U0001f676-\U0001f678\u1425\u1426\u3003"
    return re.compile(f"[{others}{drawn_so}](?:\\s*[{others}{drawn_so}])*")


@cache
def prototypes() -> dict[int, str]:
    """Return a str.translate table from characters to their prototypes (UTS #39)."""
    table = {0x2800: " "}
    for line in _lines("confusables.txt"):
        prototype, _, twins = line.partition(";")
        drawn = "".join(chr(int(code, 16)) for code in prototype.split())
        table.update((int(code, 16), drawn) for code in twins.split())
    return table
