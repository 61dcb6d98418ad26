"""Segments and alphabets of an SMS."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pausepoint.channels.sms.gsm7 import Size, fold, measure


@pytest.mark.parametrize(
    ("text", "encoding", "segments"),
    [
        ("", "GSM-7", 1),
        ("a" * 160, "GSM-7", 1),
        ("a" * 161, "GSM-7", 2),
        ("a" * 306, "GSM-7", 2),
        ("a" * 307, "GSM-7", 3),
        ("@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¡ÄÖÑÜ§¿äöñüà", "GSM-7", 1),
        ("€" * 80, "GSM-7", 1),
        ("€" * 81, "GSM-7", 2),
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 3),  # the euro's two units stay together
        ("ç", "UCS-2", 1),
        ("`", "UCS-2", 1),
        ("\t", "UCS-2", 1),
        ("あ" * 70, "UCS-2", 1),
        ("あ" * 71, "UCS-2", 2),
        ("😀" * 35, "UCS-2", 1),
        ("😀" * 36, "UCS-2", 2),
        ("😀" * 66, "UCS-2", 2),
        ("😀" * 67, "UCS-2", 3),  # 67 units hold 33 pairs, not 33 and a half
    ],
)
def test_size(text: str, encoding: str, segments: int) -> None:
    assert measure(text) == Size(encoding, segments)  # type: ignore[arg-type]


def test_typography_is_folded_where_that_makes_all_of_it_gsm7() -> None:
    assert fold("“Yes” – it’s OK…\u00a0now") == '"Yes" - it\'s OK... now'
    assert fold("“Yes” 😀") == "“Yes” 😀"
    assert fold("⟦U+202E × 2⟧") == "[U+202E x 2]"


@given(st.text())
def test_folding_never_makes_a_text_dearer_in_alphabet(text: str) -> None:
    folded = fold(text)
    assert folded == text or measure(folded).encoding == "GSM-7"


@given(st.text(), st.text())
def test_more_text_never_takes_fewer_segments_of_one_alphabet(one: str, more: str) -> None:
    short, long = measure(one), measure(one + more)
    assert short.encoding != long.encoding or short.segments <= long.segments
