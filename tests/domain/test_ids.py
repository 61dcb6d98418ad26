"""Identifiers."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pausepoint.domain.ids import (
    PAUSE,
    new_id,
    parse_pause_id,
    pause_id_bytes,
    pause_id_from_bytes,
    uuid7,
)
from pausepoint.store.pauses import first_id_at

INSTANTS = st.integers(0, 2**48 - 1)


@given(INSTANTS, st.binary(min_size=10, max_size=10))
def test_ids_are_uuids_of_version_7_that_hold_their_instant(now: int, random: bytes) -> None:
    uuid = UUID(uuid7(now, random))

    assert (uuid.version, uuid.variant) == (7, "specified in RFC 4122")
    assert uuid.int >> 80 == now


@given(INSTANTS, INSTANTS)
def test_ids_sort_by_time(one: int, other: int) -> None:
    if one < other:
        assert new_id(PAUSE, one) < new_id(PAUSE, other)
        assert first_id_at(one) <= new_id(PAUSE, one) < first_id_at(other)


@given(INSTANTS)
def test_a_pause_id_survives_its_token(now: int) -> None:
    pause_id = new_id(PAUSE, now)

    assert pause_id_from_bytes(pause_id_bytes(pause_id)) == pause_id


def test_a_pause_id_is_taken_with_and_without_its_prefix() -> None:
    pause_id = new_id(PAUSE, 1)

    assert parse_pause_id(pause_id) == pause_id
    assert parse_pause_id(pause_id.removeprefix(PAUSE)) == pause_id
    assert parse_pause_id(pause_id.removeprefix(PAUSE).upper()) == pause_id
    assert UUID(pause_id.removeprefix(PAUSE)).version == 7


@pytest.mark.parametrize("text", ["", "psr_", "psr_1", "nonsense", "dev_" + "0" * 36, "é" * 36])
def test_anything_else_is_no_pause_id(text: str) -> None:
    assert parse_pause_id(text) is None
