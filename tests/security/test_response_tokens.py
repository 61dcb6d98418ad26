"""The signed token in a person's link."""

from __future__ import annotations

from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pausepoint.domain.ids import PAUSE, new_id
from pausepoint.security.response_tokens import LENGTH, ResponseToken, issue, verify

KEY, OTHER_KEY = "k" * 32, "o" * 32


def a_token() -> ResponseToken:
    return ResponseToken(new_id(PAUSE, 1_767_268_800_000), 1_767_355_200_000)


def test_a_token_has_54_characters_and_comes_back_whole() -> None:
    token = a_token()
    text = issue(token, KEY)

    assert len(text) == LENGTH == 54
    assert verify(text, [KEY]) == token


def test_an_older_key_still_opens_what_it_signed() -> None:
    token = a_token()

    assert verify(issue(token, OTHER_KEY), [KEY, OTHER_KEY]) == token
    assert verify(issue(token, OTHER_KEY), [KEY]) is None


@given(st.integers(0, 53), st.sampled_from("ABCxyz019-_"))
def test_no_changed_character_passes(position: int, character: str) -> None:
    text = issue(a_token(), KEY)
    changed = text[:position] + character + text[position + 1 :]

    assert changed == text or verify(changed, [KEY]) is None


@given(st.text(max_size=80))
def test_garbage_is_no_token_and_no_crash(text: str) -> None:
    assert verify(text, [KEY]) is None


def test_a_second_spelling_of_the_same_bytes_is_refused() -> None:
    raw = b"\xfb" * 40
    text = urlsafe_b64encode(raw).decode().rstrip("=")

    assert verify(text.replace("-", "+"), [KEY]) is None


@pytest.mark.parametrize("cut", [1, 10, 53])
def test_a_truncated_token_is_refused(cut: int) -> None:
    assert verify(issue(a_token(), KEY)[:-cut], [KEY]) is None
