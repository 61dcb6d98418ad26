"""Without an idempotency key every call is asked each time it is made, however equal they are."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pausepoint.client import Pause, PausePoint, Rejected
from pausepoint.integrations.asking import Recipient, answers
from pausepoint.integrations.saved_run import SavedRun
from pausepoint.integrations.tool_call import ToolCall
from tests.client.drivers import Client
from tests.client.person import answer
from tests.client.proxy import Proxy
from tests.e2e.server import Server

pytestmark = pytest.mark.e2e

PHONE = "+15550100199"


def taking_turns(choices: list[str]) -> Callable[[Pause], None]:
    def told(pause: Pause) -> None:
        answer(pause, choices.pop(0))

    return told


def test_each_call_is_asked_each_time(through: Client, proxy: Proxy) -> None:
    wired: list[int] = []
    proxy.asked = taking_turns(["Approve", "Reject", "Approve"])
    guarded = through.guarded(wired.append, PHONE)
    guarded(8400)
    with pytest.raises(Rejected):
        guarded(8400)
    guarded(8400)

    assert wired == [8400, 8400]


def test_only_a_restored_run_finds_the_answers_it_had(server: Server, proxy: Proxy) -> None:
    """Though the ids and the words are the same."""
    proxy.asked = taking_turns(["Approve", "Reject"])
    call = ToolCall(name="wire", arguments={"amount": 8400}, ids=("thread-1", "stop-1"))
    with PausePoint(server.test_api_key, proxy.base_url) as client:

        def decide(*, is_restored: bool) -> str:
            [verdict] = answers(client, Recipient(PHONE), [call], is_restored=is_restored)
            return verdict.decision

        assert decide(is_restored=False) == "approve"
        assert decide(is_restored=True) == "approve"
        assert decide(is_restored=False) == "reject"


def test_equal_calls_of_one_stop_are_questions_of_their_own(server: Server, proxy: Proxy) -> None:
    proxy.asked = taking_turns(["Approve", "Reject"])
    calls = [ToolCall(name="wire", arguments={}, ids=SavedRun(None).stop_ids)] * 2
    with PausePoint(server.test_api_key, proxy.base_url) as client:
        for is_restored in (False, True):
            found = answers(client, Recipient(PHONE), calls, is_restored=is_restored)
            assert [verdict.decision for verdict in found] == ["approve", "reject"]
