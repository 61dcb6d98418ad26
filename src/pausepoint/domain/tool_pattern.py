"""Which tool calls a rule is about: `Bash`, `mcp__*`, `Bash(git push *)`, `Write(/etc/*)`.

A pattern in brackets is about the tool's main argument. `*` stands for anything, nothing else is
special. A shell has many ways to say the same thing, so such a pattern errs to the careful side: a
rule that restricts checks each part of a command, one that lets pass takes a plain command only.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import unquote, urlsplit

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
_DRIVE: Final = re.compile(r"[A-Za-z]:[\\/]")
_SAME_ROOT: Final = re.compile(
    r"^(?:/system/volumes/data(?=/[^*])|/private(?=/(?:etc|tmp|var)(?:/|$))"
    r"|/proc/(?:[^/]+/task/)?[^/]+/root(?=/[^*]))+"
)
"""Other names of the root, in lower case: of macOS's data, /etc, /tmp and /var, and of Linux's /proc."""
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_FORM: Final = re.compile(r"([A-Za-z0-9_*.:/-]{1,200})(?:\((.{1,1000})\))?", re.DOTALL)
_SHELL: Final = re.compile(r"[;&|<>`$(){}\\\n]")
_ASSIGNMENTS: Final = re.compile(r"(?:[A-Za-z_]\w*=\S* )*")
_QUOTING: Final = re.compile(r"[\"'\\]")
_WRAPPERS: Final = (
    *("bash", "dash", "sh", "zsh", "eval", "exec", "builtin", "command", "env", "doas", "sudo"),
    *("ionice", "nice", "nohup", "setsid", "stdbuf", "time", "timeout", "xargs"),
)
"""Commands that run the command after them."""
_WRAPPER_OPTION: Final = re.compile(r"-\S*|\d+(?:\.\d+)?[smhd]?")
_DEEPEST: Final = 8
"""Wrappers within wrappers; an agent chooses the text, so the work must have a bound."""


@record(frozen=True, slots=True)
class Glob:
    """The pieces between the stars. Its time grows with the text, however many stars there are: an
    agent chooses the text, and a regular expression would let it choose a slow one."""

    pieces: tuple[str, ...]

    @property
    def is_exact(self) -> bool:
        return len(self.pieces) == 1

    @property
    def casefolded(self) -> Glob:
        """Begins anywhere if it does not begin at a root: to a rule that restricts."""
        text = _fold("*".join(self.pieces))
        if not text.startswith(("/", "*")) and not _DRIVE.match(text):
            text = f"*/{text.lstrip('~/')}"
        return _glob(text)

    @property
    def as_url(self) -> Glob:
        """With the scheme that Claude Code fetches by, and a host in lower case."""
        _, colon, rest = "*".join(self.pieces).partition("://")
        if not colon:
            return self
        host, slash, path = rest.partition("/")
        return _glob(f"https://{host.lower()}{slash}{path}")

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
        """`cwd` is what a relative path is relative to. What cannot be resolved is restricted."""
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
            return self._matches_path(given, cwd, restricts)
        if self.main == "url":
            return self._matches_url(given, restricts)
        return self._fits(given)

    def _matches_path(self, given: str, cwd: str, restricts: bool) -> bool:
        path = _absolute(given, cwd)
        if path is None:
            # The home folder is not known here, nor what a relative path without a folder means.
            return restricts or (given.startswith("~") and self._fits(_normal(given)))
        if not restricts:
            return self._fits(path)
        return any(
            glob.casefolded.fits(text)
            for glob in self.argument
            for text in (_fold(path), path.casefold())
        )

    def _matches_url(self, given: str, restricts: bool) -> bool:
        if self._fits(given):
            return restricts or not _hides_its_host(given)
        if not restricts:
            return False
        plain = _plain_url(given)
        return any(
            glob.as_url.fits(text) for glob in self.argument for text in (plain, unquote(plain))
        )

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
    globs = [_glob(_normal(argument) if main in _PATHS else argument)]
    if main == "command" and argument.endswith(" *"):
        # `git push *` is about `git push` alone, too.
        globs.append(_glob(argument.removesuffix(" *")))
    return ToolPattern(_glob(tool), main, tuple(globs))


def _glob(text: str) -> Glob:
    return Glob(tuple(text.split("*")))


def _absolute(given: str, cwd: str) -> str | None:
    """The path as Claude Code reads it, with slashes; None where that needs the home folder.

    Source: `expandPath` in Claude Code: blanks around a path are dropped, `~` is the home folder, a
    relative path begins in the working folder, and dots and doubled slashes are resolved.
    """
    text = given.strip()
    if text == "~" or text.startswith(("~/", "~\\")):
        return None
    path = _normal(text or cwd)
    if not _is_rooted(path):
        if not _is_rooted(_normal(cwd)):
            return None
        path = _normal(f"{cwd}/{text}")
    return path


def _fold(path: str) -> str:
    """For comparing: file systems may ignore case, and spell accents in their own way."""
    return _SAME_ROOT.sub("", unicodedata.normalize("NFC", path).casefold())


def _is_rooted(path: str) -> bool:
    return path.startswith("/") or bool(_DRIVE.match(path))


def _normal(text: str) -> str:
    """A path or a pattern for one, without dots, doubled slashes and Windows' own slashes.

    A pattern that ends in a slash is about everything in that folder.
    """
    text = text.strip()
    if _DRIVE.match(text) or text.startswith("\\\\"):
        text = text.replace("\\", "/")
    folder = "/*" if text.endswith("/") and len(text) > 1 else ""
    normal = posixpath.normpath(text)
    # POSIX lets two slashes at the beginning mean something of their own; no system here does.
    return (f"/{normal.lstrip('/')}" if normal.startswith("//") else normal) + folder


def _hides_its_host(url: str) -> bool:
    """Return True if the part before the path is ambiguous, or contains user information."""
    authority = url.partition("://")[2].partition("/")[0]
    return any(character in authority for character in "@\\\t\r\n?#")


def _plain_url(url: str) -> str:
    """As a browser reads it, by https: Claude Code fetches no URL by http."""
    text = re.sub(r"[\t\r\n]", "", url.strip()).replace("\\", "/")
    try:
        parts = urlsplit(text)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return text
    if port is not None and port != _DEFAULT_PORTS.get(parts.scheme):
        host = f"{host}:{port}"
    path = f"/{posixpath.normpath(parts.path or '/').lstrip('/.')}"
    query = f"?{parts.query}" if parts.query else ""
    return f"https://{host}{path}{'/' if parts.path.endswith('/') and path != '/' else ''}{query}"


def _parts(command: str) -> Iterator[str]:
    """The whole command, and each part that a shell may run for itself, without what stands before."""
    for text in (command, _QUOTING.sub("", command)):
        yield " ".join(text.split())
        for piece in _SHELL.split(text):
            yield from _commands(" ".join(piece.strip(" \t\"'").split()))


def _commands(words: str) -> Iterator[str]:
    """The part itself, and the command in it: without assignments, wrappers and the folder."""
    yield words
    for _ in range(_DEEPEST):
        assigned = _ASSIGNMENTS.match(words)
        words = words[assigned.end() if assigned else 0 :]
        name, blank, rest = words.partition(" ")
        base = name.rpartition("/")[2]
        yield f"{base}{blank}{rest}"
        yield words
        if base not in _WRAPPERS:
            return
        words = rest
        while words and _WRAPPER_OPTION.fullmatch(words.partition(" ")[0]):
            words = words.partition(" ")[2]
