"""`hooks.yaml`: the rules for tool calls, read once, with a line for everything that is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final, Literal

import msgspec

from pausepoint.channels.registry import CHANNELS
from pausepoint.domain.hook_rules import (
    DEFER_TIMEOUT,
    HOLD_TIMEOUT,
    Decision,
    HookRules,
    Rule,
    RuleSet,
)
from pausepoint.domain.question import MAX_TIMEOUT_HOURS
from pausepoint.domain.tool_pattern import ToolPattern, tool_pattern
from pausepoint.security.api_keys import PREFIX_LENGTH

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DURATION: Final = re.compile(r"(\d{1,7})([smhd])")
_PREFIX: Final = re.compile(r"pp_(live|test)_[0-9a-f]{8}")
_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")


class _Rule(msgspec.Struct, forbid_unknown_fields=True):
    tools: list[str]
    decision: Literal["person", "allow", "deny", "ask", "pass"] = "person"
    recipient: str | None = None
    channel: str | None = None
    timeout: str | None = None
    on_silence: Literal["deny", "ask", "allow"] = "deny"
    wait: Literal["hold", "defer"] = "hold"


class _Set(msgspec.Struct, forbid_unknown_fields=True):
    rules: list[_Rule]
    key: str | None = None
    account: str | None = None
    recipient: str | None = None
    channel: str | None = None


class _File(msgspec.Struct, forbid_unknown_fields=True):
    hooks: list[_Set]


class _Wrong(Exception):
    """`path` is as msgspec writes it, such as `.hooks[0].rules[1].timeout`."""

    def __init__(self, path: str, sentence: str) -> None:
        super().__init__(sentence)
        self.path = path


def hook_rules(text: str) -> HookRules:
    """Parse the hooks file. Raises ValueError naming the line and the field."""
    import yaml  # noqa: PLC0415 - for those who have such a file

    try:
        root = yaml.compose(text, yaml.SafeLoader)
        _refuse_repeated(root)
        read = msgspec.convert(yaml.safe_load(text), _File)
        return HookRules(
            tuple(_set(each, f".hooks[{n}]", root) for n, each in enumerate(read.hooks))
        )
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ValueError(f"line {line}: {error.problem or 'is not YAML'}") from None
    except yaml.YAMLError:
        raise ValueError("is not YAML") from None
    except msgspec.ValidationError as error:
        sentence, _, path = str(error).partition(" - at `$")
        raise ValueError(_located(root, path.rstrip("`"), sentence)) from None
    except _Wrong as wrong:
        raise ValueError(_located(root, wrong.path, str(wrong))) from None


def _set(given: _Set, path: str, root: Any) -> RuleSet:
    if given.key is not None and not _PREFIX.fullmatch(given.key):
        raise _Wrong(
            f"{path}.key",
            f"must be the first {PREFIX_LENGTH} characters of a key, such as pp_live_0a1b2c3d,"
            " and not the whole key",
        )
    if given.account is not None and not given.account.strip():
        raise _Wrong(f"{path}.account", "must be an account's e-mail address or id")
    _check_channel(given.channel, f"{path}.channel")
    return RuleSet(
        rules=tuple(
            _rule(rule, given, f"{path}.rules[{n}]", root) for n, rule in enumerate(given.rules)
        ),
        key_prefix=given.key,
        account=given.account.strip().lower() if given.account else None,
    )


def _rule(given: _Rule, around: _Set, path: str, root: Any) -> Rule:
    _check_channel(given.channel, f"{path}.channel")
    decision = Decision(given.decision)
    recipient = given.recipient or around.recipient
    channel = given.channel or around.channel
    if decision is Decision.PERSON and not (recipient and channel):
        raise _Wrong(path, "needs a recipient and a channel, here or beside `rules`")
    defers = given.wait == "defer"
    return Rule(
        tools=tuple(_patterns(given.tools, f"{path}.tools")),
        decision=decision,
        line=_line(root, path),
        recipient=recipient or "",
        channel=channel or "",
        timeout=_timeout(given.timeout, f"{path}.timeout", defers),
        on_silence=Decision(given.on_silence),
        defers=defers,
    )


def _check_channel(channel: str | None, path: str) -> None:
    if channel is not None and channel not in CHANNELS:
        raise _Wrong(path, f"Invalid enum value {channel!r}: there are {', '.join(CHANNELS)}")


def _patterns(tools: list[str], path: str) -> Iterator[ToolPattern]:
    if not tools:
        raise _Wrong(path, 'must name at least one tool; "*" is every tool')
    for number, text in enumerate(tools):
        try:
            yield tool_pattern(text)
        except ValueError as error:
            raise _Wrong(f"{path}[{number}]", str(error)) from None


def _timeout(text: str | None, path: str, defers: bool) -> timedelta:
    if text is None:
        return DEFER_TIMEOUT if defers else HOLD_TIMEOUT
    form = _DURATION.fullmatch(text)
    timeout = timedelta(**{_UNITS[form[2]]: int(form[1])}) if form else timedelta(0)
    if not timedelta(0) < timeout <= timedelta(hours=MAX_TIMEOUT_HOURS):
        raise _Wrong(
            path, f"must be a time such as 90s, 10m, 2h or 3d, at most {MAX_TIMEOUT_HOURS}h"
        )
    return timeout


def _refuse_repeated(node: Any) -> None:
    """Refuse duplicate keys, of which YAML would silently take the last."""
    import yaml  # noqa: PLC0415

    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_repeated(item)
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if key.value in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"{key.value} stands here twice", problem_mark=key.start_mark
                )
            seen.add(key.value)
            _refuse_repeated(value)


def _located(root: Any, path: str, sentence: str) -> str:
    where = f"{path.lstrip('.')}: " if path else ""
    return f"line {_line(root, path)}: {where}{sentence}"


def _line(root: Any, path: str) -> int:
    """Return the line of the field at `path`, or of its nearest parent."""
    node, line = root, 1
    for name, index in _STEP.findall(path):
        found = _within(node, name, index)
        if found is None:
            break
        node, line = found
    return line


def _within(node: Any, name: str, index: str) -> tuple[Any, int] | None:
    children = node.value if node is not None and isinstance(node.value, list) else []
    if index:
        item = children[int(index)] if int(index) < len(children) else None
        return None if item is None else (item, item.start_mark.line + 1)
    for child in children:
        if isinstance(child, tuple) and child[0].value == name:
            return child[1], child[0].start_mark.line + 1
    return None
