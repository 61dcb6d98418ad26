"""Hostile text: nothing hidden stays hidden, and what looks alike is told to look alike."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pausepoint.security import unicode_tables
from pausepoint.security.display_safe import (
    Segment,
    cut_at_word,
    cut_to_fit,
    display_safe,
    hides_something,
    mixes_directions,
    quote,
    segments,
    single_line,
    skeleton,
)

any_text = st.text(st.characters() | st.characters(categories=["Cs"]))


# ── What is hidden ──


@pytest.mark.parametrize(
    "hidden",
    [
        *"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c",  # bidi
        *"\u3164\u115f\u1160\uffa0\ufe0f\u034f\U000e0100\u00ad\u180e\u17b4",  # not of category Cf
        *"\u200b\u200c\u200d\u2060\u2063\ufeff\U000e0041\U0001d173\ufff9\u2065",
        *"\x00\x07\x08\x0b\x0c\x0d\x1b\x7f\x85\x9f\u2028\u2029\ud800",
    ],
)
def test_a_hidden_character_is_written_out(hidden: str) -> None:
    marked = f"⟦U+{ord(hidden):04X}⟧"
    assert display_safe(f"a{hidden}b") == f"a{marked}b"
    assert segments(f"a{hidden}b") == (
        Segment("text", "a"),
        Segment("hidden", marked),
        Segment("text", "b"),
    )


@pytest.mark.parametrize(
    "text",
    [
        "100 א 200",
        "Pay 100 א 200 now",
        "Pay א 100",
        "١٠٠ א ٢٠٠",
        "ب ١٠٠ - ٢٠٠",
        "א\n100 200",
        "Approve א Deny",
        "ж א",
        "5 > 3 א",
        "א 100,,200",
    ],
)
def test_a_text_that_right_to_left_letters_may_reorder_is_told(text: str) -> None:
    assert mixes_directions(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Pay 100, not 200",
        "Zahle 100 €, nicht 200 €",
        "支付 100 不是 200",
        "אשר",
        "לשלם 1,200.50 ₪?",
        "ادفع ١٠٠",
    ],
)
def test_a_text_in_one_direction_is_not_told(text: str) -> None:
    assert not mixes_directions(text)


def test_repeats_are_counted_instead_of_pushing_the_rest_away() -> None:
    assert display_safe("\u200b" * 37 + "x") == "⟦U+200B × 37⟧x"
    assert display_safe("\u200b\u200b\u2060") == "⟦U+200B × 2⟧⟦U+2060⟧"


@given(any_text)
def test_nothing_hidden_is_left_and_all_text_can_leave_as_utf8(text: str) -> None:
    for segment in segments(text):
        segment.text.encode()
        if segment.kind != "text":
            continue
        for character in unicode_tables.hidden().findall(segment.text):
            assert character in "\u200c\u200d\ufe0f"


@given(any_text)
def test_the_segments_are_the_text(text: str) -> None:
    joined = "".join(f"[{s.text}]" if s.kind == "gap" else s.text for s in segments(text))
    assert joined == display_safe(text)


@given(any_text)
def test_what_is_safe_stays_as_it_is(text: str) -> None:
    assert display_safe(display_safe(text)) == display_safe(text)


@pytest.mark.parametrize(
    "plain",
    [
        "Delete 500 records?\n\tthey are old\n\nOK",
        "Überweise 8.400 € an Müller — heute?",
        "השאלה של הסוכן",
        "承認しますか？",
        "❤️ 👩‍💻 👍🏽 🏳️‍🌈 👨‍👩‍👧 1️⃣ ✔️",
        "می‌خواهم",
        "क्‍ष",
        "a\n\nb\n\n\nc",
        " " * 20,
        "",
    ],
)
def test_ordinary_text_stays_as_it_is(plain: str) -> None:
    assert display_safe(plain) == plain
    assert all(segment.kind == "text" for segment in segments(plain))


@pytest.mark.parametrize(
    "misused",
    [
        "\ufe0fx",
        "a\ufe0f",
        "5\ufe0f",
        "❤️\ufe0f",
        "👩\u200d",
        "\u200d👩",
        "a\u200cb",
        "می\u200c",
        "\u200cمی",
        "م\u200dی",
        "क्\u200d!",
        "🏴\U000e0067\U000e0062",
    ],
)
def test_joiners_and_selectors_without_work_to_do_are_shown(misused: str) -> None:
    assert any(segment.kind == "hidden" for segment in segments(misused))


# ── Combining marks ──


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x" + "\u0333" * 46, "x" + "\u0333" * 5 + "⟦U+0333 × 41⟧"),
        ("\u0bbe" * 90, "⟦U+0BBE × 90⟧"),
        ("x" + "\u0bbe" * 90, "x⟦U+0BBE × 90⟧"),
        ("Re\u0336ject", "Re⟦U+0336⟧ject"),
        ("a\u20dd b\u20e0 c\u0489", "a⟦U+20DD⟧ b⟦U+20E0⟧ c⟦U+0489⟧"),
        ("\u0301x", "⟦U+0301⟧x"),
        ("a \u0301x", "a ⟦U+0301⟧x"),
        ("a\n\u0333", "a\n⟦U+0333⟧"),
        ("a\u200b\u0333", "a⟦U+200B⟧⟦U+0333⟧"),
        ("x\u0338", "x⟦U+0338⟧"),
        ("5\u20e3", "5⟦U+20E3⟧"),
    ],
)
def test_marks_that_pile_up_stand_alone_or_strike_through_are_written_out(
    text: str, shown: str
) -> None:
    assert display_safe(text) == shown


@pytest.mark.parametrize(
    "plain",
    [
        "Việt Nam",
        unicodedata.normalize("NFD", "Việt Nam, Ångström, Škoda, ά ΐ, ≠ ≰"),
        "שָׁלוֹם עֲלֵיכֶם",
        "بِسْمِ ٱللَّهِ",
        "हिन्दी क्षि ज़िंदगी",
        "தமிழ் கொள்கை",
        "বাংলা ভাষা",
        "ภาษาไทย ที่นี่",
        "བརྒྱུད་",
        "ខ្មែរ",
        "မြန်မာ",
        "ꦗꦮ ᬩᬮᬶ",
        "1️⃣ ❤️",
    ],
)
def test_the_marks_of_living_languages_stay(plain: str) -> None:
    assert display_safe(plain) == plain


# ── Never much longer than the text ──


@pytest.mark.parametrize(
    "unit",
    [
        "\u200b\u2060",
        "a\u200b",
        "a\u0336",
        "\u0bbe",
        "a" + "\u0333" * 6,
        "a\n\n\n\n",
        "a" + " " * 21,
        "\ue000x",
        "\U0001f469\u200dx",
    ],
)
def test_the_result_is_bounded_whatever_the_text(unit: str) -> None:
    text = unit * 20_000
    pieces = segments(text)
    assert len(pieces) < 250
    assert len(display_safe(text).encode()) < 4 * len(text.encode()) + 5_000
    shown = "".join(piece.text for piece in pieces if piece.kind == "text")
    assert not set(unicode_tables.hidden().findall(shown)) - set("\u200c\u200d\ufe0f")
    assert hides_something(text) or "blanks" in display_safe(text) or "empty" in display_safe(text)


def test_what_comes_after_many_marks_is_still_there() -> None:
    text = "a\u200b" * 60 + "and delete all backups"
    assert display_safe(text).endswith("a▯a▯and delete all backups")


# ── Quotation ──


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Approve", "“Approve”"),
        ('Reject" is chosen', "“Reject' is chosen”"),
        ("Don't", "“Don't”"),
        ("“‘«»’” x", "“' x”"),
        ("x'' y' 'z", "“x' y'z”"),
        ("a\u1426 b \u1425 c \u3003", "“a' b ' c '”"),
        ("two\nlines", "“two”"),
        ("\u202ex", "“⟦U+202E⟧x”"),
        ("רשת", "\u2068“רשת”\u2069"),
    ],
)
def test_a_quotation_cannot_be_closed_from_inside(text: str, shown: str) -> None:
    assert quote(text, 100) == shown


@given(any_text)
def test_a_quotation_has_two_marks(text: str) -> None:
    inner = quote(text, 100).strip("\u2068\u2069")[1:-1]
    assert not unicode_tables.quotation_marks().findall(inner.replace("'", ""))
    assert "''" not in inner


# ── Gaps ──


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("first" + "\n" * 38 + "last", "first\n[37 empty lines]\nlast"),
        ("first\n \n\t\n\u3000\nlast", "first\n[3 empty lines]\nlast"),
        ("first\r\n\r\n\r\n\r\nlast", "first\n[3 empty lines]\nlast"),
        ("\n\n\n\nlast", "[4 empty lines]\nlast"),
        ("a" + " " * 214 + "b", "a[214 blanks]b"),
        ("a" + "\u00a0" * 21 + "b", "a[21 blanks]b"),
        ("a" + "\u2800" * 30 + "b", "a[30 blanks]b"),
        ("a" + "\t \u2003" * 10 + "b", "a[30 blanks]b"),
        ("a\n" + " " * 30 + "b", "a\n[30 blanks]b"),
    ],
)
def test_a_gap_is_named(text: str, shown: str) -> None:
    assert display_safe(text) == shown


@given(st.text(" \n\t\u3000x", max_size=200))
def test_no_gap_is_left(text: str) -> None:
    shown = display_safe(text)
    assert " " * 21 not in shown
    inner = shown.rstrip().split("\n")
    empty = [not line.strip() for line in inner]
    assert [True] * 3 not in [empty[at : at + 3] for at in range(len(empty))]


# ── One line, and cutting ──


def test_a_single_line_is_the_first_with_something_to_read() -> None:
    assert single_line("\n \n\u200b\n  Wire   $8,400?  \nmore", 80) == "Wire $8,400?"
    assert single_line("\u200b", 80) == "⟦U+200B⟧"
    assert single_line("", 80) == ""


def test_a_cut_falls_between_words() -> None:
    assert single_line("Wire $8,400 to Meridian Incorporated", 20) == "Wire $8,400 to…"
    assert single_line("Wire $8,400 to Meridian Incorporated", 20, "...") == "Wire $8,400 to..."
    assert cut_at_word("x" * 50, 10) == "x" * 9 + "…"
    assert cut_at_word("short", 10) == "short"
    assert cut_at_word("anything", 1, "...") == "."
    assert cut_at_word("anything", 0) == ""


def test_a_cut_leaves_no_accent_without_its_letter() -> None:
    assert cut_at_word("e\u0301" * 6, 6) == "e\u0301" * 2 + "…"


@given(any_text, st.integers(1, 100))
def test_a_single_line_is_one_line_and_short_enough(text: str, limit: int) -> None:
    line = single_line(text, limit)
    assert len(line) <= limit
    assert len(line.splitlines()) <= 1


@given(any_text, st.integers(1, 60))
def test_cutting_to_fit_keeps_a_beginning_that_fits(text: str, limit: int) -> None:
    cut = cut_to_fit(text, lambda beginning: len(beginning) <= limit)
    assert len(cut) <= limit
    assert cut == text or (cut.endswith("…") and text.startswith(cut[:-1]))


# ── What looks alike ──

DRAWS_NOTHING = (
    *"\u200b\u2060\u00ad\u034f\u115f\u1160\u17b4\u180e\u3164\uffa0\ufe00\ufe0f\U000e0101\U000e0041",
    *"\u2800\ufffc\ufff9\U0001d159\U00013441\U00016fe4\ue000\U000f0000\u0378\U000e1000\uffff",
    *" \u00a0\u1680\u2002\u2009\u200a\u202f\u205f\u3000\t",
)


@pytest.mark.parametrize("nothing", DRAWS_NOTHING)
def test_a_text_that_draws_nothing_looks_like_nothing(nothing: str) -> None:
    assert skeleton(nothing * 3) == ""


@pytest.mark.parametrize("new", ["\U0001fae9", "\U0001f3fb", "½", "✓", "…", "-", "'", "０"])
def test_what_draws_something_looks_like_something(new: str) -> None:
    assert skeleton(new)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Approve", "Аpprove"),  # Cyrillic А
        ("Approve", "Αррrονе"),  # Greek and Cyrillic
        ("Approve", "Ａｐｐｒｏｖｅ"),
        ("Approve", "𝐀𝐩𝐩𝐫𝐨𝐯𝐞"),
        ("Approve", "approve"),
        ("Approve", "App\u200brove"),
        ("Approve", "Approve\u3164"),
        ("Approve", "\u202eApprove"),
        ("Yes please", "Yes \u00a0 please "),
        ("Yes please", "Yes\u2800please"),
        ("Import", "lmport"),
        ("All", "AIl"),
        ("Pay 100", "Pay lOO"),
        ("burn", "bum"),
        ("return", "retum"),
        ("café", "cafe\u0301"),
        ("❤", "❤\ufe0f"),
        *[("Reject", f"Rej{nothing}ect") for nothing in DRAWS_NOTHING],
        *[("Reject", f"Reject{nothing}") for nothing in DRAWS_NOTHING],
        ("Reject", "Reject\u0bbe"),
        ("Reject", "Reject\u20dd"),
        ('Say "x"', "Say 'x'"),
        ("Say “x”", "Say ''x''"),
    ],
)
def test_texts_that_look_alike_share_a_skeleton(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Approve", "Reject"),
        ("Yes", "No"),
        ("1", "2"),
        ("Fail", "Fall"),
        ("Refund 10", "Refund 100"),
        ("はい", "いいえ"),
        ("Да", "Нет"),
        ("👍", "👎"),
        ("A", "B"),
        ("<", ">"),
        ("+", "-"),
    ],
)
def test_texts_that_differ_to_the_eye_differ(one: str, other: str) -> None:
    assert skeleton(one) != skeleton(other)


@given(any_text)
def test_a_skeleton_ignores_normalisation(text: str) -> None:
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert skeleton(unicodedata.normalize(form, text)) == skeleton(text)


# ── The tables ──


def test_the_tables_say_what_they_are() -> None:
    classes = unicode_tables.prototypes()
    assert classes[ord("а")] == "a"
    assert len(classes) > 2700
    hidden = unicode_tables.hidden()
    assert all(hidden.fullmatch(chr(code)) for code in range(0xE0000, 0xE1000))
    assert not hidden.search("".join(map(chr, range(0x20, 0x7F))) + "\n\t")
