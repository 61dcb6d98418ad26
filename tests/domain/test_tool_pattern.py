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


def file_matches(
    pattern: str, path: str, *, restricts: bool, cwd: str = "/home/me/shop", tool: str = "Write"
) -> bool:
    name = "notebook_path" if tool == "NotebookEdit" else "file_path"
    given = {name: path}
    return tool_pattern(f"{tool}({pattern})").matches(tool, given, cwd, restricts=restricts)


@pytest.mark.parametrize(
    "path",
    [
        "//etc/x",
        "///etc/x",
        "/etc//x",
        "/./etc/x",
        "/usr/../etc/x",
        "//usr/..//etc/./x",
        " /etc/x ",
        "\n/etc/x",
        "../../../etc/x",
        "..//..//..//etc/x",
        "/ETC/x",
        "/Etc/X",
        "/private/etc/x",
        "/Private/etc/x",
        "/System/Volumes/Data/private/etc/x",
        "/proc/self/root/etc/x",
        "/proc/self/task/1/root/etc/x",
        "/PROC/self/root/etc/x",
        "~/../../etc/x",
        "~",
    ],
)
@pytest.mark.parametrize("tool", ["Write", "Edit", "MultiEdit", "Read", "NotebookEdit"])
def test_a_rule_that_restricts_knows_every_spelling_of_a_path(path: str, tool: str) -> None:
    assert file_matches("/etc/*", path, restricts=True, tool=tool)
    if "~" in path or path.lower() != path or path.startswith(("/private", "/proc")):
        return
    assert file_matches("/etc/*", path, restricts=False, tool=tool)


@pytest.mark.parametrize(
    "path", ["~/.ssh/id_ed25519", "~", " /etc/passwd", "~/../x", "/HOME/me/shop/x", "//etc/x"]
)
def test_a_rule_that_lets_pass_takes_no_other_file(path: str) -> None:
    assert not file_matches("/home/me/shop/*", path, restricts=False)


@pytest.mark.parametrize(
    "pattern", ["//etc/*", "/etc//*", "/etc/", "/usr/../etc/*", "/./etc/*", "/ETC/*", "etc/*", " /etc/*",
     "/private/etc/*", "/proc/1/root/etc/*"]
)  # fmt: skip
def test_every_spelling_of_a_pattern_is_understood(pattern: str) -> None:
    assert file_matches(pattern, "/etc/x", restricts=True)


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("~/.ssh/*", "/home/me/.ssh/id", True),
        ("~/.ssh/*", "~/.ssh/id", True),
        (".env", "/home/me/shop/.env", True),
        ("src/*", "/home/me/shop/src/a", True),
        ("src/*", "src/a", True),
        ("/etc/*", "/home/me/etc/x", False),
        ("/etc/*", "etc/x", False),
        ("/etc/*", "/etcetera", False),
    ],
)
def test_a_pattern_without_a_root_restricts_anywhere(
    pattern: str, path: str, expected: bool
) -> None:
    assert file_matches(pattern, path, restricts=True) is expected


def test_a_pattern_without_a_root_lets_nothing_pass_elsewhere() -> None:
    assert not file_matches("src/*", "/home/me/shop/src/a", restricts=False)
    assert not file_matches("~/.ssh/*", "/home/me/.ssh/a", restricts=False)
    assert file_matches("~/notes/*", "~/notes/a", restricts=False)
    assert not file_matches("~/notes/*", "~/notes/../.ssh/a", restricts=False)


@pytest.mark.parametrize("cwd", ["", "shop"])
def test_a_relative_path_without_a_folder_is_restricted(cwd: str) -> None:
    assert file_matches("/etc/*", "x", restricts=True, cwd=cwd)
    assert not file_matches("*", "x", restricts=False, cwd=cwd)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (r"C:\Windows\x", True),
        (r"c:\windows\System32\..\x", True),
        ("C:/Windows/x", True),
        (r"..\..\Windows\x", True),
        (r"D:\Windows\x", False),
    ],
)
def test_windows_paths(path: str, expected: bool) -> None:
    given = {"file_path": path}
    pattern = tool_pattern(r"Write(C:\Windows\*)")
    assert pattern.matches("Write", given, r"C:\Users\me", restricts=True) is expected


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.test/x",
        "http://evil.test/x",
        "HTTPS://EVIL.test/x",
        "https://evil.test:443/x",
        "https://evil.test./x",
        "https://me@evil.test/x",
        "https://ev\til.test/x",
        r"https:\\evil.test\x",
        "https://evil.test",
        " https://evil.test/x",
    ],
)
def test_a_rule_that_restricts_knows_every_spelling_of_a_url(url: str) -> None:
    assert matches("WebFetch(https://evil.test/*)", "WebFetch", {"url": url})


@pytest.mark.parametrize(
    "url", ["https://good.test@evil.test/", "https://good.test\\@evil.test/", "https://evil.test/"]
)
def test_a_rule_that_lets_pass_takes_no_other_host(url: str) -> None:
    for pattern in ("https://good.test/*", "https://good.test*"):
        assert not matches(f"WebFetch({pattern})", "WebFetch", {"url": url}, restricts=False)


def test_a_plain_url_passes() -> None:
    given = {"url": "https://good.test/a?b=c"}
    assert matches("WebFetch(https://good.test/*)", "WebFetch", given, restricts=False)
    assert not matches("WebFetch(https://evil.test/*)", "WebFetch", given)


@pytest.mark.parametrize(
    "command",
    [
        "sudo git push",
        "sudo -n env A=b /usr/bin/git push",
        "timeout 10s git push",
        "command git push",
        "bash -c 'git push'",
        'g"i"t push',
        "g\\it push",
        "'git' push",
        "/usr/bin/git push --force",
        "true && nohup git push &",
    ],
)
def test_a_rule_that_restricts_sees_through_wrappers_and_quotes(command: str) -> None:
    assert matches("Bash(git push *)", "Bash", {"command": command})
    assert not matches("Bash(git push *)", "Bash", {"command": command}, restricts=False)


def test_many_wrappers_are_no_way_to_keep_the_server_busy() -> None:
    assert not matches("Bash(git push *)", "Bash", {"command": "sudo " * 200_000 + "ls"})
