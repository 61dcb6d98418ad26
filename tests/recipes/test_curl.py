"""The script of `docs/how-to/curl.md`, as a process, against the shipped program."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pausepoint.client import Pause, PausePoint
from tests.client.person import answers
from tests.client.proxy import Proxy, Says
from tests.docs.pages import ROOT, block_after
from tests.e2e.server import Server, environment

PAGE = ROOT / "docs" / "how-to" / "curl.md"
WITHIN = 60
Done = subprocess.CompletedProcess[str]
Ask = Callable[..., Done]


@pytest.fixture
def ask(server: Server, proxy: Proxy, tmp_path: Path) -> Ask:
    script = tmp_path / "ask.sh"
    script.write_text(block_after(PAGE, "sh ask").text, "utf-8")

    def run(*words: str, **settings: str) -> Done:
        given = words or ("+15550100199", "Deploy 2281?", "Approve", "Reject")
        reaches = {
            "PAUSEPOINT_API_KEY": server.test_api_key,
            "PAUSEPOINT_BASE_URL": proxy.base_url,
        }
        return subprocess.run(
            ["sh", str(script), *given],
            env=environment(tmp_path, **(reaches | settings)),
            capture_output=True,
            text=True,
            timeout=WITHIN,
            check=False,
        )

    return run


@pytest.mark.e2e
@pytest.mark.parametrize(("choice", "code"), [("Approve", 0), ("Reject", 10)])
def test_the_choice_is_printed_and_is_the_exit_code(
    ask: Ask, proxy: Proxy, choice: str, code: int
) -> None:
    proxy.asked = answers(choice)
    done = ask()

    assert (done.returncode, done.stdout, done.stderr) == (code, f"{choice}\n", "")


@pytest.mark.e2e
@pytest.mark.parametrize(("chosen", "code"), [(0, 0), (1, 10)])
def test_hostile_words_stay_words(ask: Ask, proxy: Proxy, chosen: int, code: int) -> None:
    options = ['Say "yes", "status": "cancelled"', r'C:\new "no"']
    found: list[Pause] = []
    proxy.asked = lambda pause: (found.append(pause), answers(options[chosen])(pause))
    done = ask("you@example.com", '"}, "status":"responded"\nö $HOME `id` \\', *options)

    assert (done.returncode, done.stdout) == (code, f"{options[chosen]}\n")
    assert found[0].message == '"}, "status":"responded" ö $HOME `id` \\'
    assert found[0].options == tuple(options)


@pytest.mark.e2e
def test_a_withdrawn_question_is_30(ask: Ask, proxy: Proxy, server: Server) -> None:
    def withdraw(pause: Pause) -> None:
        with PausePoint(server.test_api_key, server.base_url) as client:
            client.cancel(pause.pause_id)

    proxy.asked = withdraw

    assert ask().returncode == 30


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("given", "code"),
    [
        ('"status":"timed_out","response_choice":"Approve","resolved_by":"timeout"', 20),
        ('"status":"pending","response_choice":null,"delivery":{"state":"failed"}', 1),
        ('"status":"responded","response_choice":"Approve","resolved_by":"policy"', 1),
        ('"status":"unheard-of"', 1),
    ],
)
def test_only_a_persons_answer_is_one(ask: Ask, proxy: Proxy, given: str, code: int) -> None:
    proxy.script = [Says(201, f'{{"pause_id":"psr_1",{given}}}')]
    done = ask()

    assert (done.returncode, done.stdout) == (code, "")


@pytest.mark.e2e
def test_a_lost_answer_asks_nobody_twice(ask: Ask, proxy: Proxy) -> None:
    proxy.script = [Says(503, '{"error":"UNAVAILABLE"}', {"retry-after": "1"})]
    found: list[Pause] = []
    proxy.asked = lambda pause: (found.append(pause), answers("Approve")(pause))
    first = ask(KEY="deploy-2281")
    second = ask(KEY="deploy-2281")

    assert [(done.returncode, done.stdout) for done in (first, second)] == [(0, "Approve\n")] * 2
    assert len(found) == 1


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("words", "settings", "told"),
    [
        ((), {"PAUSEPOINT_API_KEY": ""}, "PAUSEPOINT_API_KEY"),
        ((), {"PAUSEPOINT_API_KEY": "pp_test_0"}, "INVALID_API_KEY"),
        (("+1555", "Deploy?", "Approve", "Reject"), {}, "INVALID_RECIPIENT"),
        (("+15550100199", "Deploy?", "Approve", "Approve"), {}, "INVALID_OPTIONS"),
    ],
)
def test_an_error_is_told(
    ask: Ask, words: tuple[str, ...], settings: dict[str, str], told: str
) -> None:
    done = ask(*words, **settings)

    assert done.returncode not in (0, 10, 20, 30)
    assert (done.stdout, told in done.stderr) == ("", True), done.stderr
