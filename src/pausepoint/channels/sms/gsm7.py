"""SMS encoding: alphabet, segments, and characters that fold into GSM-7.

Source: 3GPP TS 23.038, the default alphabet and its extension table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Encoding = Literal["GSM-7", "UCS-2"]

_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED: Final = frozenset("^{}\\[~]|€")  # an escape and the character: two units
_ALONE: Final[dict[Encoding, int]] = {"GSM-7": 160, "UCS-2": 70}
_CHAINED: Final[dict[Encoding, int]] = {"GSM-7": 153, "UCS-2": 67}  # less the joining header

_FOLDED: Final = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′`´", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("\t\u00a0\u2002\u2003\u2007\u2009\u200a\u202f", " "),
        "…": "...",
        "•": "*",
        "×": "x",
        "⟦": "[",  # what marks hidden characters must not make the whole text dearer
        "⟧": "]",
    }
)


@dataclass(frozen=True, slots=True)
class Size:
    """`segments` is what the sender pays for."""

    encoding: Encoding
    segments: int


def fold(text: str) -> str:
    """Typographic characters as GSM-7 has them, if that makes the whole text GSM-7."""
    folded = text.translate(_FOLDED)
    return folded if _is_gsm7(folded) else text


def measure(text: str) -> Size:
    encoding: Encoding = "GSM-7" if _is_gsm7(text) else "UCS-2"
    units = [_units(character, encoding) for character in text]
    if sum(units) <= _ALONE[encoding]:
        return Size(encoding, 1)
    segments, left = 1, _CHAINED[encoding]
    for unit in units:
        if unit > left:  # an escape or a surrogate pair is never split over two segments
            segments, left = segments + 1, _CHAINED[encoding]
        left -= unit
    return Size(encoding, segments)


def _is_gsm7(text: str) -> bool:
    return all(character in _BASIC or character in _EXTENDED for character in text)


def _units(character: str, encoding: Encoding) -> int:
    if encoding == "GSM-7":
        return 2 if character in _EXTENDED else 1
    return 2 if ord(character) > 0xFFFF else 1
