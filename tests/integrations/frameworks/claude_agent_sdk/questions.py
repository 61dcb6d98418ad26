"""`can_use_tool` with Claude's own questions to its user: `questions.py MULTI_SELECT`."""

from __future__ import annotations

import asyncio
import json
import sys

from claude_agent_sdk import ToolPermissionContext

from pausepoint.integrations.claude_agent_sdk import can_use_tool

LABELS = [{"label": "Red", "description": "As it was"}, {"label": "Blue", "description": ""}]
QUESTIONS = [
    {"question": text, "header": "", "options": LABELS, "multiSelect": "multi" in sys.argv}
    for text in ("Which colour?", "And the frame?", "And the bell?")
]


async def main() -> None:
    decide = can_use_tool("+15550100199")
    context = ToolPermissionContext(tool_use_id="call_0")
    result = await decide("AskUserQuestion", {"questions": QUESTIONS}, context)
    print(json.dumps([result.behavior, getattr(result, "updated_input", None)]))


asyncio.run(main())
