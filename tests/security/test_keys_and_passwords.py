"""API keys and passwords."""

from __future__ import annotations

import re

import pytest

from pausepoint.domain.mode import Mode
from pausepoint.security.api_keys import hash_api_key, is_well_formed, key_prefix, new_api_key
from pausepoint.security.passwords import hash_password, verify_password


@pytest.mark.parametrize("mode", list(Mode))
def test_a_key_has_the_contracts_form_and_is_kept_as_a_hash(mode: Mode) -> None:
    key = new_api_key(mode)

    assert re.fullmatch(rf"pp_{mode}_[0-9a-f]{{48}}", key)
    assert is_well_formed(key)
    assert key_prefix(key) == key[:16]
    assert re.fullmatch(r"[0-9a-f]{64}", hash_api_key(key))


@pytest.mark.parametrize("text", ["", "pp_live_", "pp_live_" + "A" * 48, "pp_x_" + "0" * 48, "é"])
def test_anything_else_is_no_key(text: str) -> None:
    assert not is_well_formed(text)


def test_a_password_is_verified_and_nothing_else_is() -> None:
    encoded = hash_password("correct horse")

    assert encoded.startswith("$argon2id$")
    assert verify_password(encoded, "correct horse")
    assert not verify_password(encoded, "correct horse ")
    assert not verify_password("garbage", "correct horse")
