"""The example, with another program in the place of Claude Code's: `run_example.py PROMPT`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[4] / "examples"))

import with_claude_agent_sdk as example

example.options.cli_path = Path(__file__).with_name("claude.py")
asyncio.run(example.main(sys.argv[1]))
