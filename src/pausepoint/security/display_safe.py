"""What an agent wrote, made safe to show: nothing hidden, nothing pushed out of sight.

Every surface calls this on the agent's words before it escapes them in its own way.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from pausepoint.security import unicode_tables

_ZERO_WIDTH_NON_JOINER: Final = "\u200c"
_JOINERS: Final = ("\u200c", "\u200d")
_VIRAMA: Final = 9  # its Canonical_Combining_Class
_MANY_BLANKS: Final = " " * 21
_EMPTY_LINES: Final = re.compile("(?:\\A|\n) *\n *\n *\n")


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of text: as it was, or a hidden character or a gap put into visible words."""

    kind: Literal["text", "hidden", "gap"]
    text: str


def segments(text: str) -> tuple[Segment, ...]:
    """The text in order, cut where something had to be made visible.

    `hidden` reads `⟦U+202E⟧` (`⟦U+200B × 37⟧` when repeated); `gap` reads `37 empty lines` or
    `214 blanks`. Newlines stay beside a gap, so that it stands on a line of its own.
    """
    return tuple(_pieces(text))


def hides_something(text: str) -> bool:
    """True where a reader would not see all that `text` holds without our marks."""
    return any(piece.kind == "hidden" for piece in _pieces(text))


def _pieces(text: str) -> Iterator[Segment]:
    if not text:
        return
    if _is_plain(text):
        yield Segment("text", text)
        return
    text = text.replace("\r\n", "\n")
    start = 0
    for match in unicode_tables.oddities().finditer(text):
        segment = _marked(match)
        if segment is None:
            continue
        if match.start() > start:
            yield Segment("text", text[start : match.start()])
        yield segment
        start = match.end()
    if start < len(text):
        yield Segment("text", text[start:])


def display_safe(text: str) -> str:
    """The segments as one string, gaps in brackets: `[37 empty lines]`."""
    if _is_plain(text):
        return text
    return "".join(f"[{s.text}]" if s.kind == "gap" else s.text for s in segments(text))


def single_line(text: str, limit: int, ellipsis: str = "…") -> str:
    """The first line with anything to read, safe, at most `limit` characters, cut at a word."""
    lines = (line for line in text.splitlines() if any(map(_is_readable, segments(line))))
    line = next(lines, text)
    return cut_at_word(" ".join(display_safe(line).split()), limit, ellipsis)


def cut_at_word(text: str, limit: int, ellipsis: str = "…") -> str:
    """At most `limit` characters; what had to be cut ends in `ellipsis`, after a word if it can."""
    if len(text) <= limit:
        return text
    room = limit - len(ellipsis)
    if room <= 0:
        return ellipsis[: max(limit, 0)]
    head = text[: room + 1]
    word_end = max(head.rfind(" "), head.rfind("\n"))
    if word_end <= room // 2:
        word_end = room
        while word_end > 1 and _belongs_to_the_one_before(text[word_end]):
            word_end -= 1
    return text[:word_end].rstrip() + ellipsis


def cut_to_fit(text: str, fits: Callable[[str], bool], ellipsis: str = "…") -> str:
    """The longest beginning, cut at a word, that `fits`; the bare ellipsis where none does.

    For limits that are not in characters: an SMS's segments, a text's length after escaping.
    """
    if fits(text):
        return text
    too_long = bisect_left(
        range(len(text)), True, key=lambda limit: not fits(cut_at_word(text, limit, ellipsis))
    )
    return cut_at_word(text, max(too_long - 1, len(ellipsis)), ellipsis)


@lru_cache(maxsize=4096)
def skeleton(text: str) -> str:
    """Two texts with the same skeleton look the same to a person; it is not for display.

    As UTS #39 has it, over NFKD instead of NFD and without ignorable characters and case. Case
    goes last, since `I` looks like `l` and `i` does not: `TIP` and `tip` differ on purpose.
    """
    plain = unicode_tables.hidden().sub("", unicodedata.normalize("NFKD", text))
    drawn = unicodedata.normalize("NFKD", plain.translate(unicode_tables.prototypes()))
    return " ".join(drawn.casefold().split())


def _is_plain(text: str) -> bool:
    """True for most ASCII text that needs no marks; False when it takes a closer look to tell."""
    if not text.isascii() or _MANY_BLANKS in text:
        return False
    if text.isprintable():
        return True
    return text.replace("\n", "").isprintable() and _EMPTY_LINES.search(text) is None


def _marked(match: re.Match[str]) -> Segment | None:
    """How a match is shown, or None where it may stay as it is."""
    if match["lines"] is not None:
        return Segment("gap", f"{match['lines'].count(chr(10)) + 1} empty lines")
    if match["blanks"] is not None:
        return Segment("gap", f"{len(match['blanks'])} blanks")
    if match["hidden"] is None or _joins_letters(match):
        return None
    times = len(match["hidden"])
    count = f" × {times}" if times > 1 else ""
    return Segment("hidden", f"⟦U+{ord(match['one']):04X}{count}⟧")


def _joins_letters(match: re.Match[str]) -> bool:
    """Whether a joiner does its work there: Persian and the scripts of India need them (RFC 5892)."""
    text, start, end = match.string, match.start(), match.end()
    before, after = text[max(start - 1, 0) : start], text[end : end + 1]
    if match["hidden"] not in _JOINERS or not before or not after:
        return False
    if unicodedata.combining(before) == _VIRAMA:
        return after.isalpha()
    is_arabic = all("\u0620" <= letter <= "\u06d3" for letter in (before, after))
    return match["hidden"] == _ZERO_WIDTH_NON_JOINER and is_arabic


def _is_readable(segment: Segment) -> bool:
    return segment.kind == "text" and not segment.text.isspace()


def _belongs_to_the_one_before(character: str) -> bool:
    return unicodedata.combining(character) != 0 or character in "\u200d\ufe0f"
