"""`can_use_tool`, as the SDK calls it, with the id `call_0` each time: `repeated_ids.py TURNS CALLS_PER_TURN`."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from claude_agent_sdk import PermissionResultAllow, ToolPermissionContext

from pausepoint.integrations.claude_agent_sdk import can_use_tool

TURNS, PER_TURN = map(int, sys.argv[1:])
INPUT = {"payee": "Meridian", "amount": 8400}


async def call(decide: Any) -> None:
    result = await decide("wire_money", INPUT, ToolPermissionContext(tool_use_id="call_0"))
    if isinstance(result, PermissionResultAllow):
        print(f"wiring {result.updated_input['amount']} to {result.updated_input['payee']}")


async def main() -> None:
    decide = can_use_tool("+15550100199")
    for _ in range(TURNS):
        await asyncio.gather(*(call(decide) for _ in range(PER_TURN)))
    print("Done.")


asyncio.run(main())
