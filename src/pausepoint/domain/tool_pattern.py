"""Which tool calls a rule is about: `Bash`, `mcp__*`, `Bash(git push *)`, `Write(/etc/*)`.

A pattern in brackets is about the tool's main argument. `*` stands for anything, nothing else is
special. A shell has many ways to say the same thing, so such a pattern errs to the careful side: a
rule that restricts looks at each part of a command, one that lets pass takes a plain command only.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Any, Final

from pausepoint.domain.record import record

_FILE: Final = ("Read", "Edit", "MultiEdit", "Write")
MAIN_ARGUMENTS: Final = {
    "Bash": "command",
    **dict.fromkeys(_FILE, "file_path"),
    "NotebookEdit": "notebook_path",
    "WebFetch": "url",
    "WebSearch": "query",
}
_PATHS: Final = ("file_path", "notebook_path")
_FORM: Final = re.compile(r"([A-Za-z0-9_*.:/-]{1,200})(?:\((.{1,1000})\))?", re.DOTALL)
_SHELL: Final = re.compile(r"[;&|<>`$(){}\\\n]")
_ASSIGNMENTS: Final = re.compile(r"(?:[A-Za-z_]\w*=\S* )*")


@record(frozen=True, slots=True)
class ToolPattern:
    tool: re.Pattern[str]
    main: str | None = None
    argument: re.Pattern[str] | None = None
    is_exact: bool = True

    def matches(self, tool: str, arguments: Any, cwd: str, *, restricts: bool) -> bool:
        """`cwd` is what a relative path is relative to. What cannot be told is restricted."""
        if self.tool.fullmatch(tool) is None:
            return False
        if self.main is None or self.argument is None:
            return True
        given = arguments.get(self.main) if isinstance(arguments, dict) else None
        if not isinstance(given, str):
            return restricts
        if self.main == "command":
            return self._matches_command(self.argument, given, restricts)
        if self.main in _PATHS:
            given = posixpath.normpath(posixpath.join(cwd, given))
        return self.argument.fullmatch(given) is not None

    def _matches_command(self, pattern: re.Pattern[str], command: str, restricts: bool) -> bool:
        if restricts:
            return any(pattern.fullmatch(part) for part in _parts(command))
        if not self.is_exact and _SHELL.search(command):
            return False
        return pattern.fullmatch(" ".join(command.split(" "))) is not None


def tool_pattern(text: str) -> ToolPattern:
    """Raises ValueError with what the pattern must be."""
    form = _FORM.fullmatch(text)
    if form is None:
        raise ValueError("must be a tool such as Bash, mcp__* or Bash(git push *)")
    tool, argument = form.groups()
    if argument is None:
        return ToolPattern(_glob(tool))
    main = MAIN_ARGUMENTS.get(tool)
    if main is None:
        known = ", ".join(MAIN_ARGUMENTS)
        raise ValueError(f"can have a pattern in brackets only for {known}")
    # Claude Code's older way to write it.
    if argument.endswith(":*"):
        argument = f"{argument.removesuffix(':*')} *"
    # `git push *` is about `git push` alone, too.
    ending = "(?: .*)?" if main == "command" and argument.endswith(" *") else ""
    stem = argument.removesuffix(" *") if ending else argument
    return ToolPattern(_glob(tool), main, _glob(stem, ending), "*" not in argument)


def _glob(text: str, ending: str = "") -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, text.split("*"))) + ending, re.DOTALL)


def _parts(command: str) -> Iterator[str]:
    """The whole command, and each part that a shell may run for itself, without assignments."""
    yield " ".join(command.split())
    for piece in _SHELL.split(command):
        words = " ".join(piece.strip(" \t\"'").split())
        yield words
        yield _ASSIGNMENTS.sub("", words, count=1)
