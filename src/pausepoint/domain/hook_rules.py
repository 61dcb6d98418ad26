"""The operator's rules for tool calls: who is asked before a tool runs. No agent can change them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from pausepoint.domain.record import record
from pausepoint.domain.tool_pattern import ToolPattern

HOLD_TIMEOUT: Final = timedelta(minutes=9)
"""Shorter than the ten minutes that Claude Code gives a hook."""

DEFER_TIMEOUT: Final = timedelta(hours=24)


class Decision(StrEnum):
    """The decision on a tool call."""

    ALLOW = "allow"
    DENY = "deny"
    ASK = "ask"  # Claude Code asks the user who sits before it
    PASS = "pass"  # noqa: S105 - Claude Code decides as if there were no hook
    PERSON = "person"  # PausePoint asks a person
    DEFER = "defer"  # the run ends here, and goes on when the answer is there


_LETS_PASS: Final = (Decision.ALLOW, Decision.PASS)


@record(frozen=True, slots=True, kw_only=True)
class Rule:
    """`line` is where it stands. `recipient` and `channel` are empty unless a person decides.

    `on_silence` is ALLOW, DENY or ASK. `defers`: the run does not wait for the answer.
    """

    tools: tuple[ToolPattern, ...]
    decision: Decision
    line: int
    recipient: str = ""
    channel: str = ""
    timeout: timedelta = HOLD_TIMEOUT
    on_silence: Decision = Decision.DENY
    defers: bool = False

    def is_about(self, tool: str, arguments: Any, cwd: str) -> bool:
        restricts = self.decision not in _LETS_PASS
        return any(
            pattern.matches(tool, arguments, cwd, restricts=restricts) for pattern in self.tools
        )


@record(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """The rules of one key, by its first characters; of one account, by its e-mail address or id;
    or, with neither, of everybody."""

    rules: tuple[Rule, ...]
    key_prefix: str | None = None
    account: str | None = None

    def is_for(self, key_prefix: str, accounts: Sequence[str]) -> bool:
        if self.key_prefix is not None and self.key_prefix != key_prefix:
            return False
        return self.account is None or self.account in accounts


@record(frozen=True, slots=True)
class HookRules:
    """The first set that is for a caller is the only one that counts, and its first rule."""

    sets: tuple[RuleSet, ...] = ()

    def of(self, key_prefix: str, accounts: Sequence[str]) -> RuleSet | None:
        """Return None where no rule set applies to this caller."""
        return next((each for each in self.sets if each.is_for(key_prefix, accounts)), None)


def rule_for(rules: RuleSet, tool: str, arguments: Any, cwd: str) -> Rule | None:
    return next((rule for rule in rules.rules if rule.is_about(tool, arguments, cwd)), None)


NO_RULES: Final = HookRules()
