"""Instants."""

from __future__ import annotations

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from pausepoint.domain.time import from_datetime, to_datetime, to_rfc3339

INSTANTS = st.integers(0, 253_402_300_799_999)


@given(INSTANTS)
def test_rfc3339_holds_every_millisecond_in_utc(instant: int) -> None:
    text = to_rfc3339(instant)

    assert text.endswith("Z")
    assert from_datetime(datetime.fromisoformat(text)) == instant


@given(INSTANTS)
def test_datetimes_and_instants_agree(instant: int) -> None:
    assert from_datetime(to_datetime(instant)) == instant
