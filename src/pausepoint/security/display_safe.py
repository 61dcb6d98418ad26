"""What an agent wrote, made safe to show: nothing hidden, nothing pushed out of sight.

Every surface calls this on the agent's words before it escapes them in its own way.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, islice
from typing import Final, Literal

from pausepoint.domain.account import is_name
from pausepoint.security import unicode_tables

_MANY_BLANKS: Final = " " * 21
_EMPTY_LINES: Final = re.compile("(?:\\A|\n) *\n *\n *\n")
_NUMBER: Final = re.compile(r"\d+(?:[.,:/]\d+)*")
_MARKS_SHOWN: Final = 50
_KINDS_SHOWN: Final = 4
_NO_MORE_MARKS: Final = f"⟦from here on these are shown as {unicode_tables.PLACEHOLDER}⟧"
_FIRST_STRONG_ISOLATE: Final = "\u2068"
_POP_DIRECTIONAL_ISOLATE: Final = "\u2069"


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of text: as it was, or a hidden character or a gap put into visible words."""

    kind: Literal["text", "hidden", "gap"]
    text: str


def segments(text: str) -> tuple[Segment, ...]:
    """Split the text where something had to be made visible.

    `hidden` reads `⟦U+202E⟧` (`⟦U+200B × 37⟧` when repeated, `⟦40 hidden characters⟧` for a run of
    many kinds); `gap` reads `37 empty lines` or `214 blanks`. Newlines stay beside a gap, so that it
    stands on a line of its own. After 50 marks the rest is shown with one placeholder for each, so
    that the result is never much longer than the text.
    """
    return tuple(_pieces(text))


def hides_something(text: str) -> bool:
    """True if the text holds something that a reader would not see without our marks."""
    return any(piece.kind == "hidden" for piece in _pieces(text))


def mixes_directions(text: str) -> bool:
    """True if bidirectional text may show numbers or words in another order than written.

    A right-to-left letter reorders its neighbours without any control character (UAX #9). A single
    number among such letters alone is shown where a reader of that script expects it.
    """
    if text.isascii():
        return False
    distinct = "".join(set(text))  # a class of many ranges is slow to search a long text for
    if unicode_tables.right_to_left().search(distinct) is None:
        return False
    if unicode_tables.left_to_right_letters().search(distinct):
        return True
    return len(list(islice(_NUMBER.finditer(text), 2))) == 2


def _pieces(text: str) -> Iterator[Segment]:
    if not text:
        return
    if _is_plain(text):
        yield Segment("text", text)
        return
    text = text.replace("\r\n", "\n")
    start, marked = 0, 0
    for match in unicode_tables.ODDITIES.finditer(unicode_tables.shape(text)):
        if match.lastgroup == "emoji":
            continue
        if match.start() > start:
            yield Segment("text", text[start : match.start()])
        start = match.end()
        if marked == _MARKS_SHOWN:
            yield Segment("hidden", _NO_MORE_MARKS)
            yield Segment("text", unicode_tables.without_oddities(text[match.start() :]))
            return
        marked += 1
        yield from _marks(text, match)
    if start < len(text):
        yield Segment("text", text[start:])


def _marks(text: str, match: re.Match[str]) -> Iterator[Segment]:
    if match["lines"] is not None:
        yield Segment("gap", f"{match['lines'].count(chr(10)) + 1} empty lines")
    elif match["blanks"] is not None:
        yield Segment("gap", f"{len(match['blanks'])} blanks")
    else:
        run = text[match.start() : match.end()]
        groups = [
            (character, sum(1 for _ in same))
            for character, same in islice(groupby(run), _KINDS_SHOWN + 1)
        ]
        if len(groups) > _KINDS_SHOWN:
            yield Segment("hidden", f"⟦{len(run)} hidden characters⟧")
            return
        for character, times in groups:
            count = f" × {times}" if times > 1 else ""
            yield Segment("hidden", f"⟦U+{ord(character):04X}{count}⟧")


def display_safe(text: str) -> str:
    """Join the segments, with gaps in brackets: `[37 empty lines]`."""
    if _is_plain(text):
        return text
    return "".join(f"[{s.text}]" if s.kind == "gap" else s.text for s in segments(text))


def single_line(text: str, limit: int, ellipsis: str = "…") -> str:
    """Return the first readable line, safe, at most `limit` characters, cut at a word."""
    lines = (line for line in text.splitlines() if any(map(_is_readable, segments(line))))
    line = next(lines, text)
    return cut_at_word(" ".join(display_safe(line).split()), limit, ellipsis)


def quote(text: str, limit: int) -> str:
    """Quote one line so that nothing inside can close the quotation marks.

    Every character that looks like a quotation mark becomes an apostrophe. Right-to-left text is isolated,
    so that it cannot reorder the sentence around it (UAX #9).
    """
    line = f"“{unicode_tables.quotation_marks().sub(chr(39), single_line(text, limit))}”"
    if not line.isascii() and unicode_tables.right_to_left().search(line):
        return f"{_FIRST_STRONG_ISOLATE}{line}{_POP_DIRECTIONAL_ISOLATE}"
    return line


def account_name(name: str, limit: int) -> str:
    """Format an account's name for a sentence: quoted if it could be read as part of it."""
    line = single_line(name, limit)
    return line if stands_in_sentence(line) else quote(name, limit)


def stands_in_sentence(name: str) -> bool:
    """True if an account's name needs no quotation marks in a sentence."""
    return is_name(name) and without_quotation_marks(name) == name.replace("’", "'")


def without_quotation_marks(text: str) -> str:
    """Return the text with apostrophes instead of all characters that look like quotation marks."""
    return unicode_tables.quotation_marks().sub("'", text)


def spelled_out(text: str) -> str:
    """Add the code point of each confusable character. No two texts give the same result."""
    twins = unicode_tables.prototypes()
    return "".join(c if _is_unlike(c, twins) else f"⟦U+{ord(c):04X}⟧" for c in text)


def _is_unlike(character: str, twins: Mapping[int, str]) -> bool:
    return "!" <= character <= "~" and character not in "\"'" and ord(character) not in twins


def cut_at_word(text: str, limit: int, ellipsis: str = "…") -> str:
    """Cut to at most `limit` characters with `ellipsis`, after a word where possible."""
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
    """Return the longest beginning, cut at a word, that `fits`; else the bare ellipsis.

    For limits that are not in characters: an SMS's segments, a text's length after escaping.
    """
    if fits(text):
        return text
    too_long = bisect_left(
        range(len(text)), True, key=lambda limit: not fits(cut_at_word(text, limit, ellipsis))
    )
    return cut_at_word(text, max(too_long - 1, len(ellipsis)), ellipsis)


def skeleton(text: str) -> str:
    """Return the skeleton of UTS #39: texts with the same one look alike. Not for display.

    As UTS #39 has it, over NFKD instead of NFD and without case, blanks, and characters that draw nothing
    or stands only as our mark; a text that draws nothing at all has an empty one. Case goes last,
    since `I` looks like `l` and `i` does not: `TIP` and `tip` differ on purpose. Quotation marks of
    every kind count as one: a quoted option must still be distinguishable from the others.
    """
    return _remembered_skeleton(text) if len(text) <= _REMEMBERED else _skeleton(text)


def _skeleton(text: str) -> str:
    plain = unicode_tables.hidden().sub("", unicodedata.normalize("NFKD", text))
    plain = unicode_tables.stray_marks().sub("", plain)
    drawn = unicodedata.normalize("NFKD", plain.translate(unicode_tables.prototypes()))
    return _APOSTROPHES.sub("'", "".join(drawn.casefold().split()))


_REMEMBERED: Final = 200
_remembered_skeleton = lru_cache(maxsize=4096)(_skeleton)
_APOSTROPHES: Final = re.compile("'+|[«»„‹›]+")


def _is_plain(text: str) -> bool:
    """Fast path: True for most ASCII text that needs no marks; False if it must be inspected."""
    if not text.isascii() or _MANY_BLANKS in text:
        return False
    if text.isprintable():
        return True
    return text.replace("\n", "").isprintable() and _EMPTY_LINES.search(text) is None


def _is_readable(segment: Segment) -> bool:
    return segment.kind == "text" and not segment.text.isspace()


def _belongs_to_the_one_before(character: str) -> bool:
    return unicodedata.combining(character) != 0 or character in "\u200d\ufe0f"
