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
class Glob:
    """The pieces between the stars. Its time grows with the text, however many stars there are: an
    agent chooses the text, and a regular expression would let it choose a slow one."""

    pieces: tuple[str, ...]

    @property
    def is_exact(self) -> bool:
        return len(self.pieces) == 1

    def fits(self, text: str) -> bool:
        first, *others = self.pieces
        if not others:
            return text == first
        *middle, last = others
        if not text.startswith(first):
            return False
        place = len(first)
        for piece in middle:
            found = text.find(piece, place)
            if found < 0:
                return False
            place = found + len(piece)
        return len(text) - place >= len(last) and text.endswith(last)


@record(frozen=True, slots=True)
class ToolPattern:
    """`argument` has several globs where one pattern says several things; `main` names the argument."""

    tool: Glob
    main: str | None = None
    argument: tuple[Glob, ...] = ()

    def matches(self, tool: str, arguments: Any, cwd: str, *, restricts: bool) -> bool:
        """`cwd` is what a relative path is relative to. What cannot be told is restricted."""
        if not self.tool.fits(tool):
            return False
        if self.main is None:
            return True
        given = arguments.get(self.main) if isinstance(arguments, dict) else None
        if not isinstance(given, str):
            return restricts
        if self.main == "command":
            return self._matches_command(given, restricts)
        if self.main in _PATHS:
            given = posixpath.normpath(posixpath.join(cwd, given))
        return self._fits(given)

    def _matches_command(self, command: str, restricts: bool) -> bool:
        if restricts:
            return any(map(self._fits, _parts(command)))
        # What is spelled out whole may be anything; what a star stands for may not.
        if _SHELL.search(command):
            return any(glob.is_exact and glob.fits(command) for glob in self.argument)
        return self._fits(command)

    def _fits(self, text: str) -> bool:
        return any(glob.fits(text) for glob in self.argument)


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
    globs = [_glob(argument)]
    if main == "command" and argument.endswith(" *"):
        # `git push *` is about `git push` alone, too.
        globs.append(_glob(argument.removesuffix(" *")))
    return ToolPattern(_glob(tool), main, tuple(globs))


def _glob(text: str) -> Glob:
    return Glob(tuple(text.split("*")))


def _parts(command: str) -> Iterator[str]:
    """The whole command, and each part that a shell may run for itself, without assignments."""
    yield " ".join(command.split())
    for piece in _SHELL.split(command):
        words = " ".join(piece.strip(" \t\"'").split())
        yield words
        assigned = _ASSIGNMENTS.match(words)
        if assigned and assigned.end():
            yield words[assigned.end() :]
