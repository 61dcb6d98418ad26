"""Encryption at rest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pausepoint.security.sealed import CannotUnseal, Seal, new_data_key, unwrap, wrap

SEAL = Seal(new_data_key())


@given(st.binary(), st.text(max_size=50))
def test_what_is_sealed_comes_back_for_its_own_row_only(plain: bytes, row: str) -> None:
    sealed = SEAL.seal(plain, row)

    assert SEAL.unseal(sealed, row) == plain
    with pytest.raises(CannotUnseal):
        SEAL.unseal(sealed, row + "x")


@given(st.binary(min_size=4))
def test_sealed_bytes_do_not_show_the_content(plain: bytes) -> None:
    one, other = SEAL.seal(plain, "r"), SEAL.seal(plain, "r")

    assert plain not in one
    assert one != other


@given(st.integers(min_value=0, max_value=60))
def test_a_changed_byte_is_noticed(position: int) -> None:
    sealed = bytearray(SEAL.seal(b"a" * 40, "r"))
    sealed[1 + position] ^= 1

    with pytest.raises(CannotUnseal):
        SEAL.unseal(bytes(sealed), "r")


def test_the_data_key_opens_with_its_secret_key_only() -> None:
    data_key = new_data_key()
    wrapped = wrap(data_key, "a" * 32)

    assert unwrap(wrapped, "a" * 32) == data_key
    with pytest.raises(CannotUnseal):
        unwrap(wrapped, "b" * 32)


def test_blind_indexes_are_equal_for_equal_values_under_one_key_and_purpose() -> None:
    index = SEAL.blind_index("alice@example.com", "email")

    assert index == SEAL.blind_index("alice@example.com", "email")
    assert index != SEAL.blind_index("alice@example.com", "recipient")
    assert index != Seal(new_data_key()).blind_index("alice@example.com", "email")
