"""The log of every server that a test runs is searched for secrets when it ends: see `discretion.py`."""

from __future__ import annotations

from pathlib import Path

import pytest

from pausepoint.security.response_tokens import ResponseToken, issue
from tests.e2e.discretion import told
from tests.e2e.server import SECRET, Server

PAUSE_ID = "psr_01a2039e-5090-7744-ab19-5212ad76b8da"
TOKEN = issue(ResponseToken(PAUSE_ID, 2), SECRET)


@pytest.mark.e2e
def test_a_log_that_tells_a_secret_fails_the_test(tmp_path: Path) -> None:
    with (
        pytest.raises(AssertionError, match="an API key is in the log"),
        Server(tmp_path) as server,
        server.log_path.open("a") as log,
    ):
        log.write(f'{{"event": "refused", "key": "{server.api_key}"}}\n')


@pytest.mark.parametrize(
    "secret",
    [
        f"/respond/{TOKEN}?x=1",
        f"token={TOKEN}",
        SECRET,
        "pp_live_" + "0" * 48,
        "pp_test_" + "0" * 24,
        "whsec_AAAA",
        "+15550100",
        "+15550100199",
        "agents@example.com",
        "Delete 500 records?",
    ],
)
def test_a_secret_is_found(secret: str) -> None:
    assert len(told(f'{{"event": "something", "of": "{secret}"}}')) >= 1


def test_what_a_log_says_every_day_is_none() -> None:
    said = (
        '{"request_id": "req_0123456789ab00000001", "route": "/respond/{token}", "status": 200}\n'
        f'{{"event": "delivered", "pause_id": "{PAUSE_ID}", "key": "pp_live_01234567"}}\n'
    )
    assert told(said) == []
