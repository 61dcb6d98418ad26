"""An answer cannot be taken for a yes by accident; and nothing that is private shows in a repr."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from pausepoint.client import (
    Answer,
    AuditEntry,
    NotConfigured,
    Pause,
    PausePoint,
    PausePointError,
    Webhook,
)
from pausepoint.client.answer import answer_of
from pausepoint.client.protocol import Request, Response
from tests.client.test_core import ANSWERED

PRIVATE = {
    "recipient": "+15550100177",
    "message": "a private question",
    "response_text": "a private note",
    "respond_url": "https://example.com/respond/private-link",
    "metadata": {"secret": "private-value"},
}
KEY = "pp_live_" + "5" * 48


def an_answer(**changes: Any) -> Answer:
    answer = answer_of(msgspec.convert(ANSWERED | changes, Pause))
    assert answer is not None
    return answer


@pytest.mark.parametrize(
    "taken",
    [
        bool,
        lambda answer: answer and 1,
        lambda answer: not answer,
        lambda answer: answer == "Approve",
        lambda answer: answer != "Reject",
        lambda answer: answer in ("Approve", "Yes"),
        lambda answer: {"Approve": 1}.get(answer, answer == "Approve"),
    ],
)
def test_it_is_neither_true_nor_a_text(taken: Callable[[Answer], object]) -> None:
    with pytest.raises(TypeError, match=r'answer.choice == "Approve" and answer.by_human'):
        taken(an_answer())


def test_a_misspelled_option_is_no_no() -> None:
    with pytest.raises(ValueError, match="'approve' was not among the options"):
        an_answer().is_("approve")


def test_answers_are_compared_copied_and_hashed() -> None:
    answer = an_answer()

    assert answer == an_answer()
    assert answer != an_answer(response_text="and a note")
    assert answer != 5
    assert {answer: 1}[an_answer()] == 1
    assert pickle.loads(pickle.dumps(answer)) == answer
    with pytest.raises(AttributeError):
        answer.choice = "Reject"  # type: ignore[misc]


@pytest.mark.parametrize(
    "shown",
    [
        an_answer(**PRIVATE),
        msgspec.convert(ANSWERED | PRIVATE, Pause),
        msgspec.convert(
            {
                "webhook_id": "whk_1",
                "url": "https://example.com/private-hook",
                "events": ["pause.responded"],
                "created_at": "2026-11-22T18:00:00Z",
            },
            Webhook,
        ),
        msgspec.convert(
            {
                "id": 1,
                "developer_id": "dev_1",
                "event_type": "pause.created",
                "actor": "developer",
                "created_at": "2026-11-22T18:00:00Z",
                "detail": {"recipient": "+15550100177", "note": "private"},
            },
            AuditEntry,
        ),
        PausePoint(KEY),
        Request(method="POST", path="/v1/pause/private", content=b"a private question"),
        Response(status=200, content=b"a private question"),
    ],
    ids=lambda shown: type(shown).__name__,
)
def test_nothing_private_is_shown(shown: object) -> None:
    for text in (repr(shown), str(shown)):
        assert type(shown).__name__ in text
        assert "private" not in text
        assert "5550100177" not in text
        assert KEY not in text


@pytest.mark.parametrize(
    "base_url",
    [
        "127.0.0.1:8000",
        "ftp://example.com",
        "http://",
        "https://user:private@example.com",
        "http://example.com?private=1",
        "http://example.com:port",
        "http://example.com/ private",
        "http://exämple.com",
        "http://[::1",
    ],
)
def test_an_odd_address_is_refused_without_being_shown(base_url: str) -> None:
    with pytest.raises(NotConfigured, match="PAUSEPOINT_BASE_URL") as caught:
        PausePoint(KEY, base_url)

    assert "private" not in str(caught.value)


@pytest.mark.parametrize("key", ["", "  ", "two words", "pp_test_\n5", "schlüssel", "\x00"])
def test_an_odd_key_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(NotConfigured, match="PAUSEPOINT_API_KEY") as caught:
        PausePoint(key)

    assert not key.strip() or key not in str(caught.value)


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotConfigured):
        PausePoint()
    monkeypatch.setenv("PAUSEPOINT_API_KEY", f"{KEY}\n")
    assert repr(PausePoint()) == "PausePoint('http://127.0.0.1:8000')"
    monkeypatch.setenv("PAUSEPOINT_BASE_URL", "https://pause.example.com/")
    assert repr(PausePoint()) == "PausePoint('https://pause.example.com')"
    assert repr(PausePoint(KEY, "http://[::1]:9000/base")) == "PausePoint('http://[::1]:9000/base')"


def test_every_error_is_in_one_tree_and_says_its_code() -> None:
    queue: list[type[PausePointError]] = [PausePointError]
    for kind in queue:
        queue.extend(kind.__subclasses__())
        error = pickle.loads(pickle.dumps(kind("A sentence.")))
        assert str(error).endswith(": A sentence.")
        assert (error.status_code, error.detail, error.request_id) == (None, (), None)

    assert len(queue) > 20
