"""`hooks.yaml`: what is wrong is said with its line, and the server does not start."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from pausepoint.config.hooks_file import hook_rules
from pausepoint.config.settings import Command, ConfigError, load
from pausepoint.domain.hook_rules import Decision
from pausepoint.lifecycle.bootstrap import open_service
from tests.docs.pages import ROOT, steps
from tests.harness import settings_of

WHOLE = """\
hooks:
  - key: pp_live_0a1b2c3d
    recipient: "+15550100199"
    channel: sms
    rules:
      - tools: [Bash]
      - tools: ["mcp__*"]
        recipient: you@example.com
        channel: email
        timeout: 90s
        on_silence: ask
      - tools: [Write]
        wait: defer
  - account: You@Example.com
    rules:
      - tools: ["*"]
        decision: allow
"""


def test_a_whole_file_is_read() -> None:
    first, second = hook_rules(WHOLE).sets
    bash, mcp, write = first.rules

    assert (first.key_prefix, second.account) == ("pp_live_0a1b2c3d", "you@example.com")
    assert (bash.recipient, bash.channel) == ("+15550100199", "sms")
    assert (bash.decision, bash.on_silence) == (Decision.PERSON, Decision.DENY)
    assert (mcp.recipient, mcp.channel, mcp.on_silence) == ("you@example.com", "email", "ask")
    assert [rule.timeout for rule in first.rules] == [
        timedelta(minutes=9),
        timedelta(seconds=90),
        timedelta(hours=24),
    ]
    assert [rule.line for rule in first.rules] == [6, 7, 12]
    assert (write.defers, second.rules[0].decision) == (True, Decision.ALLOW)


def test_the_guides_files_are_good() -> None:
    page = ROOT / "docs" / "how-to" / "claude-code-hooks.md"
    files = [step.text for step in steps(page) if step.kind == "yaml"]

    assert len(files) == 2
    assert all(hook_rules(text).sets for text in files)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("tools: [Bash]", "tools: Bash", "line 6: hooks[0].rules[0].tools: Expected `array`"),
        ("tools: [Bash]", "tools: []", "line 6: hooks[0].rules[0].tools: must name at least one"),
        ("[Bash]", "[Bash, 'Task(x)']", "line 6: hooks[0].rules[0].tools[1]: can have a pattern"),
        ("tools: [Bash]", "tool: [Bash]", "line 6: hooks[0].rules[0]: Object "),
        ("timeout: 90s", "timeout: 90", "line 10: hooks[0].rules[1].timeout: Expected `str"),
        ("timeout: 90s", "timeout: soon", "line 10: hooks[0].rules[1].timeout: must be a time"),
        ("timeout: 90s", "timeout: 0s", "line 10: hooks[0].rules[1].timeout: must be a time"),
        ("timeout: 90s", "timeout: 366d", "line 10: hooks[0].rules[1].timeout: must be a time"),
        ("on_silence: ask", "on_silence: maybe", "line 11: hooks[0].rules[1].on_silence: Invalid"),
        ("channel: sms", "channel: pigeon", "line 4: hooks[0].channel: Invalid enum value"),
        ("    channel: sms\n", "", "line 5: hooks[0].rules[0]: needs a recipient and a channel"),
        ("pp_live_0a1b2c3d", "pp_live_" + "0" * 48, "line 2: hooks[0].key: must be the first 16"),
        ("pp_live_0a1b2c3d", "7", "line 2: hooks[0].key: Expected `str | null`"),
        ("account: You@Example.com", "account: ' '", "line 14: hooks[1].account: must be"),
        ("    rules:\n", "    rules:\n    rules:\n", "line 6: rules stands here twice"),
        ("hooks:\n", "hooks: ]\n", "line 1: "),
        (WHOLE, "", "line 1: Expected `object`, got `null`"),
        (WHOLE, "rules: []", "line 1: "),
        (WHOLE, "hooks: {}", "line 1: hooks: Expected `array`"),
        (WHOLE, "a: \0", "is not YAML"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(old: str, new: str, said: str) -> None:
    assert old in WHOLE
    with pytest.raises(ValueError, match=r".") as raised:
        hook_rules(WHOLE.replace(old, new, 1))
    assert str(raised.value).startswith(said)


def test_the_setting_takes_the_file(tmp_path: Path) -> None:
    path = tmp_path / "hooks.yaml"
    path.write_text(WHOLE, "utf-8")
    secret = {"PAUSEPOINT_SECRET_KEY": "0" * 32}
    settings = load(Command.SERVE, secret | {"PAUSEPOINT_HOOKS_FILE": str(path)})
    assert len(settings.hook_rules.sets) == 2

    path.write_text("hooks: [", "utf-8")
    with pytest.raises(ConfigError, match="PAUSEPOINT_HOOKS line 1: "):
        load(Command.SERVE, secret | {"PAUSEPOINT_HOOKS_FILE": str(path)})


@pytest.mark.anyio
@pytest.mark.parametrize("recipient", ["'+15550100'", "you%evil.test@example.com"])
async def test_a_recipient_that_does_not_fit_stops_the_start(
    tmp_path: Path, recipient: str
) -> None:
    wrong = WHOLE.replace("you@example.com", recipient)
    with pytest.raises(ConfigError, match=r"PAUSEPOINT_HOOKS line 7: ."):
        await open_service(settings_of(tmp_path, PAUSEPOINT_HOOKS=wrong))
