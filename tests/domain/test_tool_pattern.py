"""Which calls a pattern is about: careful in both directions."""

from __future__ import annotations

from typing import Any

import pytest

from pausepoint.domain.tool_pattern import tool_pattern


def matches(pattern: str, tool: str, arguments: Any = None, *, restricts: bool = True) -> bool:
    return tool_pattern(pattern).matches(tool, arguments, "/home/me/shop", restricts=restricts)


@pytest.mark.parametrize(
    ("pattern", "tool", "expected"),
    [
        ("Bash", "Bash", True),
        ("Bash", "BashOutput", False),
        ("bash", "Bash", False),
        ("*", "anything at all", True),
        ("mcp__*", "mcp__shop__refund", True),
        ("mcp__shop__*", "mcp__other__refund", False),
        ("mcp__*__delete", "mcp__shop__delete", True),
        ("B.sh", "Bash", False),
    ],
)
def test_tools_by_name(pattern: str, tool: str, expected: bool) -> None:
    assert matches(pattern, tool) is expected
    assert matches(pattern, tool, restricts=False) is expected


@pytest.mark.parametrize(
    "command",
    [
        "git push origin main",
        "git push",
        "git   push --force",
        "cd app && git push",
        "true; git push",
        "(git push)",
        "GIT_SSH=x A=b git push",
        "echo $(git push)",
        "echo `git push`",
        'bash -c "x"; "git push"',
        "sleep 1 &\ngit push",
    ],
)
def test_a_rule_that_restricts_sees_each_part_of_a_command(command: str) -> None:
    assert matches("Bash(git push *)", "Bash", {"command": command})
    assert matches("Bash(git push:*)", "Bash", {"command": command})


@pytest.mark.parametrize("command", ["git pull", "git pushing", "echo git push", ""])
def test_another_command_does_not_fit(command: str) -> None:
    assert not matches("Bash(git push *)", "Bash", {"command": command})


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("git status", True),
        ("git status --short", True),
        ("git status; rm -rf /", False),
        ("git status && rm -rf /", False),
        ("git status | sh", False),
        ("git status > /etc/passwd", False),
        ("git status $(rm -rf /)", False),
        ("git status `rm -rf /`", False),
        ("git status\nrm -rf /", False),
        ("git status & rm", False),
    ],
)
def test_a_rule_that_lets_pass_takes_one_plain_command(command: str, expected: bool) -> None:
    given = {"command": command}
    assert matches("Bash(git status *)", "Bash", given, restricts=False) is expected


@pytest.mark.parametrize(
    ("pattern", "command", "expected"),
    [
        ("*a*a*b", "a" * 500_000, False),
        ("*a*a*b*", "a" * 500_000 + "b", True),
        ("ab*ba", "aba", False),
        ("ab*ba", "abba", True),
        ("a*b*c", "a-c-b-c", True),
        ("a*b*c", "a-c-b", False),
        ("**", "", True),
        ("x=* y", "x=1 " * 100_000 + "y", True),
    ],
)
def test_many_stars_are_no_way_to_keep_the_server_busy(
    pattern: str, command: str, expected: bool
) -> None:
    assert matches(f"Bash({pattern})", "Bash", {"command": command}) is expected


def test_an_exact_command_may_be_anything() -> None:
    command = "make test | tee log; echo $?"
    assert matches(f"Bash({command})", "Bash", {"command": command}, restricts=False)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/etc/passwd", True),
        ("/etc/deep/er", True),
        ("/home/me/../../etc/passwd", True),
        ("../../../etc/passwd", True),
        ("/etcetera", False),
        ("/etc/../home/me/x", False),
    ],
)
@pytest.mark.parametrize("restricts", [True, False])
def test_paths_are_what_they_lead_to(path: str, expected: bool, restricts: bool) -> None:
    given = {"file_path": path}
    assert matches("Write(/etc/*)", "Write", given, restricts=restricts) is expected


@pytest.mark.parametrize("arguments", [None, {}, {"command": 7}, "git push", ["git push"]])
def test_what_cannot_be_told_is_restricted(arguments: Any) -> None:
    assert matches("Bash(git push *)", "Bash", arguments)
    assert not matches("Bash(git push *)", "Bash", arguments, restricts=False)


@pytest.mark.parametrize("text", ["", " ", "Bash(", "Bash()", "Ba sh", "mcp__*(x)", "Task(x)", "é"])
def test_what_is_no_pattern_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"must be a tool|in brackets only"):
        tool_pattern(text)
