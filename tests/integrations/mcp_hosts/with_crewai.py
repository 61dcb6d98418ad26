"""CrewAI as a host. It answers a call that repeats an earlier one from its cache."""

import json
from typing import Any

from crewai import Agent, BaseLLM, Crew, Task
from crewai.mcp import MCPServerHTTP, MCPServerStdio
from model import ENOUGH_TURNS, Model, target

MODEL, TARGET = Model(), target()
IN_ORDER = ("create_pause_request", "poll_pause_request")


class Scripted(BaseLLM):
    def call(self, messages: Any, tools: Any = None, *args: Any, **options: Any) -> Any:
        results = [one["content"] for one in messages if one["role"] == "tool"]
        wanted = MODEL.call(results)
        if wanted is None:
            return "Done."
        # CrewAI puts the server's command before a tool's name and cuts it: the order is kept.
        name = tools[IN_ORDER.index(wanted[0])]["function"]["name"]
        function = {"name": name, "arguments": json.dumps(wanted[1])}
        return [{"id": f"call_{len(results)}", "type": "function", "function": function}]

    def supports_function_calling(self) -> bool:
        return True


kind = MCPServerStdio if "command" in TARGET else MCPServerHTTP
clerk = Agent(
    role="Clerk",
    goal="Clean up.",
    backstory="Careful.",
    llm=Scripted(model="scripted"),
    mcps=[kind(**TARGET)],
    max_iter=ENOUGH_TURNS,
)
task = Task(description="Clean up.", expected_output="A word.", agent=clerk)
MODEL.report(Crew(agents=[clerk], tasks=[task]).kickoff().raw)
