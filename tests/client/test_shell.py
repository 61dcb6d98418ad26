"""`pausepoint ask` and its kin, as processes: what they print, and their exit codes."""

from __future__ import annotations

import json
import os
import pty
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pytest

from pausepoint.cli.values import duration, first_line, left_until, pair, printable
from pausepoint.client import Fallback, Pause, PausePoint
from tests.client.person import answer, answers
from tests.client.proxy import Proxy, Says
from tests.e2e.api import eventually
from tests.e2e.server import LIMITS_OFF, PROGRAM, Server, environment, free_port

PATIENCE = 30
REMOTE = {"PAUSEPOINT_BASE_URL": "https://pause.example.com"}
ASK = ("ask", "--to", "+15550100199", "Deploy?", "Approve", "Reject")


class Shell:
    """Runs commands against the server, through the proxy that tells of every question."""

    def __init__(self, server: Server, proxy: Proxy) -> None:
        self.server = server
        self.proxy = proxy
        self.environment = environment(
            server.directory,
            PAUSEPOINT_API_KEY=server.test_api_key,
            PAUSEPOINT_BASE_URL=proxy.base_url,
        )

    def run(
        self, *words: str, stdin: str = "", **settings: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PROGRAM, *words],
            env=self.environment | settings,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def start(self, *words: str, **streams: Any) -> subprocess.Popen[bytes]:
        return subprocess.Popen([PROGRAM, *words], env=self.environment, **streams)

    def json(self, *words: str) -> Any:
        done = self.run(*words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def shell(server: Server, proxy: Proxy) -> Shell:
    return Shell(server, proxy)


@pytest.fixture
def asked(proxy: Proxy) -> list[Pause]:
    """Every question, as the commands ask it."""
    found: list[Pause] = []
    proxy.asked = found.append
    return found


@pytest.mark.e2e
@pytest.mark.parametrize(("choice", "code"), [("Approve", 0), ("Reject", 10)])
def test_the_choice_is_printed_and_is_the_exit_code(shell: Shell, choice: str, code: int) -> None:
    found: list[Pause] = []
    told = answers(choice)
    shell.proxy.asked = lambda pause: (found.append(pause), told(pause))
    done = shell.run(*ASK)

    assert (done.returncode, done.stdout) == (code, f"{choice}\n")
    [line] = done.stderr.splitlines()
    assert line.startswith(f"pausepoint: Asked as {found[0].pause_id}, open until 20")


@pytest.mark.e2e
def test_a_question_has_all_that_was_given(shell: Shell) -> None:
    found: list[Pause] = []
    told = answers("Later", "After lunch.\x1b[2J")
    shell.proxy.asked = lambda pause: (found.append(pause), told(pause))
    words = ("ask", "--to", "you@example.com", "-", "Now", "Later", "--timeout", "1h30m", "--text")
    more = ("--metadata", "branch=main", "--metadata", "by=ci=7", "--default", "Later")
    done = shell.run(*words, *more, stdin="Deploy\nthis?")

    assert (done.returncode, done.stdout) == (10, "Later\nAfter lunch.\\x1b[2J\n")
    [pause] = found
    assert (pause.channel, pause.message, pause.timeout_default) == (
        "email",
        "Deploy\nthis?",
        "Later",
    )
    assert pause.metadata == {"branch": "main", "by": "ci=7"}
    assert pause.expires_at - pause.created_at == timedelta(minutes=90)


@pytest.mark.e2e
def test_a_reminder_a_fallback_and_a_callback_are_given(shell: Shell, tmp_path: Path) -> None:
    found: list[Pause] = []
    told = answers("Approve")
    shell.proxy.asked = lambda pause: (found.append(pause), told(pause))
    secret = tmp_path / "secret"
    secret.write_text("only-for-these-tests\n")
    more = ("--remind-after", "30m", "--fallback", "bob@example.com")
    more += ("--fallback", "sms:+15550100123", "--callback-url", "http://127.0.0.1:9/hook")
    done = shell.run(*ASK, *more, "--callback-secret-file", str(secret))

    assert done.returncode == 0, done.stderr
    [pause] = found
    assert pause.remind_at is not None
    assert pause.remind_at - pause.created_at == timedelta(minutes=30)
    assert pause.fallback == (
        Fallback("bob@example.com", "email"),
        Fallback("+15550100123", "sms"),
    )


@pytest.mark.e2e
def test_a_callback_without_a_secret_asks_nobody(shell: Shell) -> None:
    done = shell.run(*ASK, "--callback-url", "http://127.0.0.1:9/hook")
    assert done.returncode == 2
    assert "PAUSEPOINT_CALLBACK_SECRET" in done.stderr


@pytest.mark.e2e
def test_silence_is_20_and_a_default_is_printed(shell: Shell) -> None:
    by_default = shell.run(*ASK, "--timeout", "0.2s", "--default", "Approve")
    without = shell.run(*ASK, "--timeout", "0.2s")

    assert (by_default.returncode, by_default.stdout) == (20, "Approve\n")
    assert "this is the default" in by_default.stderr
    assert (without.returncode, without.stdout) == (20, "")
    assert "Nobody answered" in without.stderr


@pytest.mark.e2e
def test_a_cancelled_question_is_30(shell: Shell, server: Server) -> None:
    def withdraw(pause: Pause) -> None:
        with PausePoint(server.test_api_key, server.base_url) as client:
            client.cancel(pause.pause_id)

    shell.proxy.asked = withdraw
    done = shell.run(*ASK, "--json")

    assert done.returncode == 30
    said = json.loads(done.stdout)
    assert (said["status"], said["response_choice"]) == ("cancelled", None)
    assert said["resolved_by"] == "developer"


@pytest.mark.e2e
def test_json_for_programs(shell: Shell, asked: list[Pause]) -> None:
    told = answers("Approve", "Fine.")
    shell.proxy.asked = lambda pause: (asked.append(pause), told(pause))
    said = shell.json(*ASK, "--text")

    assert said["response_at"].endswith("Z")
    assert {name: said[name] for name in ("pause_id", "status", "resolved_by", "test")} == {
        "pause_id": asked[0].pause_id,
        "status": "responded",
        "resolved_by": "human",
        "test": True,
    }
    assert (said["response_choice"], said["response_text"]) == ("Approve", "Fine.")


@pytest.mark.e2e
def test_every_command_prints_a_pause_in_one_shape(shell: Shell, asked: list[Pause]) -> None:
    created = shell.json(*ASK, "--no-wait")
    pause_id = created["pause_id"]
    cancelled = shell.json(*ASK, "--no-wait")["pause_id"]
    answer(asked[0], "Approve")
    printed = [
        shell.json("wait", pause_id),
        shell.json("get", pause_id),
        shell.json("list")[0],
        shell.json("cancel", cancelled),
        shell.json("erase", cancelled),
    ]
    assert [set(each) ^ set(created) for each in printed] == [set()] * len(printed)
    assert printed[0] == printed[1]


@pytest.mark.e2e
def test_a_question_is_asked_without_a_wait_and_read_later(
    shell: Shell, asked: list[Pause]
) -> None:
    done = shell.run(*ASK, "--no-wait", "--default", "Reject", "--text")
    pause_id = done.stdout.strip()
    pending = shell.run("get", pause_id).stdout
    answer(asked[0], "Approve", "Line one\nLine\x1b[2J two")
    answered = shell.run("get", pause_id).stdout

    assert (done.returncode, done.stderr, pause_id) == (0, "", asked[0].pause_id)
    assert f"Pause      {pause_id} (test)\nStatus     pending\n" in pending
    assert "Question   Deploy?\nOptions    Approve, Reject\n" in pending
    assert "Z, then Reject\n" in pending
    assert "Answer" not in pending
    assert "Answer     Approve (human)\n" in answered
    assert answered.endswith("Note       Line one\n           Line\\x1b[2J two\n")


@pytest.mark.e2e
@pytest.mark.parametrize("words", [ASK, (*ASK, "--no-wait")])
def test_a_question_to_no_server_fails_at_the_first_refusal(
    shell: Shell, words: tuple[str, ...]
) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    done = shell.run(*words, "--url", nowhere)

    assert (done.returncode, done.stdout) == (1, "")
    [line] = done.stderr.splitlines()
    assert f"Nobody was asked. Is PausePoint running at {nowhere}? PAUSEPOINT_BASE_URL" in line


@pytest.mark.e2e
def test_the_url_of_the_command_line_goes_before_the_environment(shell: Shell) -> None:
    nowhere = {"PAUSEPOINT_BASE_URL": f"http://127.0.0.1:{free_port()}"}
    done = shell.run("list", "--url", shell.server.base_url, **nowhere)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("words", "named"),
    [
        ((*ASK, "--timeout", "9000d"), "--timeout: "),
        ((*ASK, "--remind-after", "9000d"), "--remind-after: "),
        ((*ASK, "--idempotency-key", "é"), "--idempotency-key: "),
        ((*ASK, "--idempotency-key", ""), "--idempotency-key: "),
        (("ask", "--to", "+15550100199", "", "a", "b"), "MESSAGE: "),
        (("ask", "--to", "nobody", "Deploy?", "a", "b"), "--channel "),
        (("audit", "--from", "yesterday"), "--from: "),
        (("audit", "--event", "none"), "--event: "),
        (("list", "--url", "nonsense"), "--url"),
    ],
)
def test_an_error_names_what_was_typed(shell: Shell, words: tuple[str, ...], named: str) -> None:
    done = shell.run(*words)
    assert done.returncode == 1
    assert named in done.stderr
    assert named.strip(": ") in shell.run(*words, "--json").stdout


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("words", "settings", "code"),
    [
        (ASK, {"PAUSEPOINT_API_KEY": ""}, "NOT_CONFIGURED"),
        (ASK, {"PAUSEPOINT_BASE_URL": "nonsense"}, "NOT_CONFIGURED"),
        (ASK, REMOTE | {"ALL_PROXY": "ftp://127.0.0.1"}, "NOT_CONFIGURED"),
        (ASK, REMOTE | {"HTTPS_PROXY": "http://127.0.0.1:port"}, "NOT_CONFIGURED"),
        (ASK, REMOTE | {"SSL_CERT_FILE": "/missing.pem"}, "NOT_CONFIGURED"),
        (ASK, REMOTE | {"SSL_CERT_DIR": "/missing"}, "NOT_CONFIGURED"),
        (ASK, {"PAUSEPOINT_API_KEY": "pp_test_0"}, "INVALID_API_KEY"),
        ((*ASK, "--channel", "email"), {}, "INVALID_RECIPIENT"),
        (("ask", "--to", "nobody", "Deploy?", "a", "b"), {}, "INVALID_CHANNEL"),
        (("ask", "--to", "+15550100199", "Deploy?", "a"), {}, "INVALID_OPTIONS"),
        (("wait", "psr_none"), {}, "PAUSE_NOT_FOUND"),
        (("cancel", "psr_none"), {}, "PAUSE_NOT_FOUND"),
        (("audit", "--event", "none"), {}, "VALIDATION_ERROR"),
    ],
)
def test_an_error_is_1_and_says_what(
    shell: Shell, words: tuple[str, ...], settings: dict[str, str], code: str
) -> None:
    for_people = shell.run(*words, **settings)
    for_programs = shell.run(*words, "--json", **settings)

    assert (for_people.returncode, for_people.stdout) == (1, "")
    assert for_people.stderr.startswith(f"pausepoint: {code}: ")
    assert for_people.stderr.count("\n") == 1
    assert for_programs.returncode == 1
    assert json.loads(for_programs.stdout)["error"] == code


@pytest.mark.e2e
def test_what_may_have_been_asked_is_told_with_its_key(shell: Shell) -> None:
    nonsense = Says(200, "<html>")
    shell.proxy.script = ["lose the answer", nonsense, nonsense, nonsense]
    done = shell.run(*ASK, "--idempotency-key", "deploy-7")

    assert (done.returncode, done.stdout) == (1, "")
    assert "ask again with --idempotency-key deploy-7" in done.stderr


@pytest.mark.e2e
def test_no_server_is_told(shell: Shell) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    done = shell.run("list", PAUSEPOINT_BASE_URL=nowhere)

    assert done.returncode == 1
    assert "UNREACHABLE" in done.stderr


@pytest.mark.e2e
def test_the_same_key_finds_the_same_question(shell: Shell, asked: list[Pause]) -> None:
    words = (*ASK, "--idempotency-key", "deploy-2281")
    first = shell.start(*words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    [pause] = eventually(lambda: list(asked))
    first.kill()
    first.communicate()
    answer(pause, "Approve")
    again = shell.json(*words)

    assert (again["pause_id"], len(asked)) == (pause.pause_id, 1)


class Terminal:
    """A pseudo-terminal as a command's stderr, read until words appear."""

    def __init__(self) -> None:
        self._ours, self.theirs = pty.openpty()
        self.text = ""

    def read_until(self, words: str) -> str:
        deadline = time.monotonic() + PATIENCE
        while words not in self.text:
            ready, _, _ = select.select([self._ours], [], [], max(0, deadline - time.monotonic()))
            assert ready, self.text
            self.text += os.read(self._ours, 65536).decode()
        return self.text

    def close(self) -> None:
        os.close(self._ours)
        os.close(self.theirs)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    opened = Terminal()
    yield opened
    opened.close()


@pytest.mark.e2e
def test_ctrl_c_leaves_the_question_open_and_says_how_to_go_on(
    shell: Shell, asked: list[Pause], terminal: Terminal
) -> None:
    process = shell.start(*ASK, stdout=subprocess.PIPE, stderr=terminal.theirs)
    format_arguments = terminal.read_until("Ctrl-C stops waiting.")
    process.send_signal(signal.SIGINT)
    stdout, _ = process.communicate(timeout=PATIENCE)
    pause_id = asked[0].pause_id
    said = terminal.read_until(f"pausepoint wait {pause_id}")

    assert (process.returncode, stdout) == (130, b"")
    assert f"\r\x1b[K{pause_id}: " in format_arguments
    assert "24 h 0 min left" in format_arguments
    assert (
        f"\r\x1b[Kpausepoint: The question stays open. To go on: pausepoint wait {pause_id}" in said
    )
    assert shell.json("list", "--status", "pending")[0]["pause_id"] == pause_id
    answer(asked[0], "Approve")
    assert shell.run("wait", pause_id).stdout == "Approve\n"


@pytest.mark.e2e
def test_the_progress_line_goes_when_the_answer_comes(
    shell: Shell, asked: list[Pause], terminal: Terminal
) -> None:
    process = shell.start(*ASK, stdout=subprocess.PIPE, stderr=terminal.theirs)
    terminal.read_until("Ctrl-C stops waiting.")
    answer(asked[0], "Reject")
    stdout, _ = process.communicate(timeout=PATIENCE)

    assert (process.returncode, stdout) == (10, b"Reject\n")
    assert terminal.read_until("waiting.\r\x1b[K").endswith("\r\x1b[K")


@pytest.mark.e2e
def test_pauses_are_listed_cancelled_and_audited(shell: Shell, server: Server) -> None:
    with PausePoint(server.test_api_key, server.base_url) as client:
        hostile = client.create("+15550100199", "Line one\x1b[31m\nline two", ["a", "b"])
        answered = client.create("+15550100199", "x" * 100, ["Approve", "Reject"])
    answer(answered, "Approve")
    listed = shell.run("list", "--limit", "2")
    rows = listed.stdout.splitlines()

    assert f"{answered.pause_id}  Approve (human)" in rows[0]
    assert rows[0].endswith("x…")
    assert f"{hostile.pause_id}  pending, sent" in rows[1]
    assert rows[1].endswith("Line one\\x1b[31m")
    assert "--offset 2" in listed.stderr
    assert shell.run("cancel", hostile.pause_id).stdout == f"{hostile.pause_id} is cancelled.\n"
    again = shell.run("cancel", hostile.pause_id)
    assert (again.returncode, again.stdout) == (1, "")
    assert "ALREADY_CANCELLED" in again.stderr
    audit = shell.run("audit", "--pause", hostile.pause_id, "--event", "pause.created")
    assert audit.stdout.count("\n") == 1
    assert '"recipient": "+15550100199"' in audit.stdout
    [entry] = shell.json("audit", "--pause", hostile.pause_id, "--event", "pause.cancelled")
    assert (entry["actor"], entry["pause_request_id"]) == ("developer", hostile.pause_id)
    [pause] = shell.json("list", "--limit", "1")
    assert pause["pause_id"] == answered.pause_id
    assert "respond_url" not in pause


@pytest.mark.e2e
def test_those_that_ended_are_erased_and_the_others_refused(shell: Shell, server: Server) -> None:
    with PausePoint(server.test_api_key, server.base_url) as client:
        made = [client.create("+15550100199", "Sell?", ["Approve", "Reject"]) for _ in range(3)]
        answer(made[0], "Approve")
        client.cancel(made[2].pause_id)
        ids = [pause.pause_id for pause in made]
        done = shell.run("erase", ids[0], ids[1], "psr_\u202e", ids[2])
        found = [client.get(pause_id).message for pause_id in ids]

    assert found == [None, "Sell?", None]
    assert done.returncode == 1
    assert done.stdout == f"{ids[0]} is erased.\n{ids[2]} is erased.\n"
    [pending, unknown] = done.stderr.splitlines()
    assert pending.startswith(f"pausepoint: {ids[1]}: PAUSE_PENDING: ")
    assert unknown.startswith("pausepoint: psr_\\u202e: PAUSE_NOT_FOUND: ")
    # Once more changes nothing.
    again = shell.run("erase", ids[0], ids[1], "--json")
    first, second = map(json.loads, again.stdout.splitlines())
    assert (first["pause_id"], first["status"], first["message"]) == (ids[0], "responded", None)
    assert (second["pause_id"], second["error"]) == (ids[1], "PAUSE_PENDING")
    assert second["status_code"] == 409
    assert shell.run("erase").returncode == 2
    waited = shell.run("wait", ids[0])
    assert (waited.returncode, waited.stdout) == (1, "")
    assert "has been erased" in waited.stderr


@pytest.mark.e2e
def test_nothing_more_is_tried_with_a_key_that_opens_nothing(shell: Shell) -> None:
    done = shell.run("erase", "psr_1", "psr_2", PAUSEPOINT_API_KEY="pp_test_" + "0" * 48)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert "API key" in done.stderr


@contextmanager
def watching(shell: Shell, *words: str, **streams: Any) -> Iterator[subprocess.Popen[bytes]]:
    """`watch` straight at the server; Ctrl-C must end it well."""
    settings = shell.environment | {"PAUSEPOINT_BASE_URL": shell.server.base_url}
    process = subprocess.Popen([PROGRAM, "watch", *words], env=settings, **streams)
    try:
        yield process
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        process.wait()


@pytest.mark.e2e
def test_changes_are_shown_as_they_happen(shell: Shell, server: Server, terminal: Terminal) -> None:
    with PausePoint(server.test_api_key, server.base_url) as client:
        before = client.create("+15550100199", "Asked before", ["Approve", "Reject"])
        with watching(shell, stdout=terminal.theirs):
            terminal.read_until("Asked before")
            client.cancel(before.pause_id)
            terminal.read_until("cancelled")
            later = client.create("+15550100199", "Asked later", ["Approve", "Reject"])
            terminal.read_until("Asked later")
            answer(later, "Approve")
            terminal.read_until("Approve (human)")
            client.create(
                "+15550100199", "Asked last", ["a", "b"], timeout=timedelta(milliseconds=1)
            )
            format_arguments = terminal.read_until("timed_out")

    assert format_arguments.count(later.pause_id) == 2


@pytest.mark.e2e
def test_each_change_is_a_line_of_json(shell: Shell, server: Server) -> None:
    with PausePoint(server.test_api_key, server.base_url) as client:
        pending = client.create("+15550100199", "Asked before", ["Approve", "Reject"])
        with watching(shell, "--json", stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            lines = (json.loads(line) for line in process.stdout)
            first = next(each for each in lines if each["pause_id"] == pending.pause_id)
            client.cancel(pending.pause_id)
            second = next(lines)
            process.stdout.close()

    assert (first["status"], first["message"]) == ("pending", "Asked before")
    assert (second["pause_id"], second["status"]) == (pending.pause_id, "cancelled")


@pytest.mark.e2e
def test_a_watch_goes_on_after_a_restart_and_misses_nothing(
    tmp_path: Path, terminal: Terminal, proxy: Proxy
) -> None:
    with (
        Server(tmp_path, "serve", **LIMITS_OFF) as server,
        PausePoint(server.test_api_key, server.base_url) as client,
    ):
        first = client.create("+15550100199", "Asked before", ["Approve", "Reject"])
        with watching(Shell(server, proxy), stdout=terminal.theirs):
            terminal.read_until("Asked before")
            server.restart()
            client.create("+15550100199", "Asked at once", ["Approve", "Reject"])
            client.cancel(first.pause_id)
            terminal.read_until("Asked at once")
            format_arguments = terminal.read_until("cancelled")

    assert format_arguments.count("Asked before") == 2


@pytest.mark.e2e
def test_a_watch_starts_anew_where_an_older_backup_was_restored(
    tmp_path: Path, terminal: Terminal, proxy: Proxy
) -> None:
    with Server(tmp_path, "serve", **LIMITS_OFF) as server:
        server.stop()
        shutil.copytree(tmp_path, tmp_path / "backup")
        server.start()
        with PausePoint(server.test_api_key, server.base_url) as client:
            client.create("+15550100199", "Asked before", ["Approve", "Reject"])
            both = {"stdout": terminal.theirs, "stderr": terminal.theirs}
            with watching(Shell(server, proxy), **both):
                terminal.read_until("Asked before")
                client.create("+15550100199", "Asked and lost", ["Approve", "Reject"])
                terminal.read_until("Asked and lost")
                server.stop()
                for lost in tmp_path.glob("pausepoint.db*"):
                    lost.unlink()
                for kept in (tmp_path / "backup").glob("pausepoint.db*"):
                    shutil.copy(kept, tmp_path)
                server.start()
                terminal.read_until("Starting anew")
                client.create("+15550100199", "Asked later", ["Approve", "Reject"])
                terminal.read_until("Asked later")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("30m", 1800), ("2h", 7200), ("1d", 86400), ("1h30m", 5400), ("0.5h", 1800)],
)
def test_a_duration_is_read(text: str, seconds: float) -> None:
    assert duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", "2", "h", "-1h", "2 h", "1w", "1e9h", "9" * 400 + "d", "½h", "٣h"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter):
        duration(text)


@pytest.mark.parametrize("text", ["", "key", "=value"])
def test_what_is_no_pair_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter):
        pair(text)


def test_others_words_do_not_steer_the_terminal() -> None:
    assert printable("a\x1b[2Jb\u202ec\n\rd") == "a\\x1b[2Jb\\u202ec\n\\rd"
    assert first_line("  one\ntwo", 10) == "one"
    assert first_line(None, 10) == ""
    assert first_line("abcdef", 4) == "abc…"


def test_time_that_is_left_reads_well() -> None:
    moment = datetime(2026, 11, 22, 18, tzinfo=UTC)
    now = moment.timestamp()

    assert [left_until(moment, now - left) for left in (-5, 40, 600, 7140)] == [
        "0 s",
        "40 s",
        "10 min",
        "1 h 59 min",
    ]
