"""Claude, by the Claude Agent SDK: every tool call that needs permission waits for a person.

pip install 'pausepoint[claude-agent-sdk]'
python examples/with_claude_agent_sdk.py "Remove what make left behind."
"""

import asyncio
import sys

from claude_agent_sdk import ClaudeAgentOptions, ClaudeSDKClient

from pausepoint.integrations.claude_agent_sdk import can_use_tool

options = ClaudeAgentOptions(can_use_tool=can_use_tool("+15550100199", edits=True))


async def main(prompt: str) -> None:
    async with ClaudeSDKClient(options) as claude:
        await claude.query(prompt)
        async for message in claude.receive_response():
            print(message)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
