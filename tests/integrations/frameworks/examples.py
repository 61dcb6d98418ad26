"""The frameworks' examples: each has a model that wants to wire 8,400 to Meridian, and asks first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tests.integrations.frameworks.program import Program, Programs


@dataclass(frozen=True)
class Example:
    """`result` is what the model is told of the tool that ran."""

    framework: str
    mode: tuple[str, ...] = ()
    result: str = "sent 8400"

    def __str__(self) -> str:
        return "-".join((self.framework, *self.mode))

    def start(self, programs: Programs) -> Program:
        return programs.start(self.framework, f"examples/with_{self.framework}.py", *self.mode)

    @property
    def approved(self) -> str:
        """What it prints once the call was approved."""
        return f"wiring 8400 to Meridian\nThe tool said: {self.result}\n"


AGENT_FRAMEWORK: Final = Example("agent_framework")
GOOGLE_ADK: Final = Example("google_adk", result="{'result': 'sent 8400'}")
LANGGRAPH: Final = Example("langgraph", ("batched",))
LANGGRAPH_PER_CALL: Final = Example("langgraph", ("per_call",))
OPENAI_AGENTS: Final = Example("openai_agents")
PYDANTIC_AI: Final = Example("pydantic_ai", ("kept",))
PYDANTIC_AI_INLINE: Final = Example("pydantic_ai", ("inline",))
