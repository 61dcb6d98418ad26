"""LangGraph and LangChain: every `interrupt` becomes a question, and the graph goes on with its answer.

    from pausepoint.integrations.langgraph import run

    result = run(graph, inputs, config, recipient="+15550100199")

`HumanInTheLoopMiddleware` is understood, in both of its modes. The graph needs a checkpointer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from langgraph.types import Command
from msgspec import Struct

from pausepoint.client import (
    Answer,
    AsyncPausePoint,
    NotShowable,
    PausePoint,
    Unanswered,
)
from pausepoint.client.format_arguments import format_arguments
from pausepoint.integrations.asking import (
    Question,
    Recipient,
    answers,
    answers_async,
    open_client,
    opened_async,
)
from pausepoint.integrations.tool_call import ToolCall, Verdict


def run(
    graph: Any,
    inputs: Any,
    config: Mapping[str, Any],
    *,
    recipient: str,
    channel: str | None = None,
    timeout: timedelta | None = None,
    pausepoint: PausePoint | None = None,
    **options: Any,
) -> Any:
    """Invokes the graph until nothing in it waits for a person, and returns what `invoke` returns.

    A thread that already waits, or was cut off, goes on where it is, without the inputs: a program
    that was killed is started again with the same `thread_id`, and the person is not asked again.
    With a `checkpoint_id`, which forks the thread, they are asked again.
    `options` are those of `invoke`. Raises TimedOut, Cancelled or Undeliverable for a plain
    `interrupt` without an answer, and what the client raises; the thread keeps waiting then.
    """
    whom = Recipient(recipient, channel, timeout)
    with open_client(pausepoint) as client:
        snapshot = graph.get_state(config)
        result = None
        is_restored = not _is_fork(config)
        if not snapshot.interrupts:
            result = graph.invoke(None if snapshot.tasks else inputs, config, **options)
            config, is_restored = _newest(config), False
            snapshot = graph.get_state(config)
        while snapshot.interrupts:
            stops = [_Stop(interrupt) for interrupt in snapshot.interrupts]
            asked = answers(client, whom, _questions(stops), is_restored=is_restored)
            result = graph.invoke(_command(stops, iter(asked)), config, **options)
            config, is_restored = _newest(config), False
            snapshot = graph.get_state(config)
        return result


async def run_async(
    graph: Any,
    inputs: Any,
    config: Mapping[str, Any],
    *,
    recipient: str,
    channel: str | None = None,
    timeout: timedelta | None = None,
    pausepoint: AsyncPausePoint | None = None,
    **options: Any,
) -> Any:
    """As `run`, with `ainvoke`."""
    whom = Recipient(recipient, channel, timeout)
    async with opened_async(pausepoint) as client:
        snapshot = await graph.aget_state(config)
        result = None
        is_restored = not _is_fork(config)
        if not snapshot.interrupts:
            result = await graph.ainvoke(None if snapshot.tasks else inputs, config, **options)
            config, is_restored = _newest(config), False
            snapshot = await graph.aget_state(config)
        while snapshot.interrupts:
            stops = [_Stop(interrupt) for interrupt in snapshot.interrupts]
            asked = await answers_async(client, whom, _questions(stops), is_restored=is_restored)
            result = await graph.ainvoke(_command(stops, iter(asked)), config, **options)
            config, is_restored = _newest(config), False
            snapshot = await graph.aget_state(config)
        return result


class _PlainQuestion(Struct, frozen=True):
    """An `interrupt` of the graph's author: a text, or a mapping with `message` and `options`."""

    ids: tuple[str, ...]
    value: Any

    def question_fields(self) -> dict[str, Any]:
        asked = {"options": ["Approve", "Reject"], "allow_text": True}
        if isinstance(self.value, str):
            return {**asked, "message": self.value}
        if isinstance(self.value, Mapping) and "message" in self.value:
            known = ("message", "options", "default", "allow_text", "metadata")
            return {**asked, **{key: self.value[key] for key in known if key in self.value}}
        value = self.value if isinstance(self.value, Mapping) else {"value": self.value}
        return {**asked, "message": format_arguments(value)}

    def answered(self, answer: Answer) -> dict[str, Any]:
        """Return the value of `interrupt` in the node: plain values, which every checkpointer can keep."""
        return {
            "choice": answer.choice,
            "text": answer.text,
            "by_human": answer.by_human,
            "resolved_by": answer.resolved_by,
            "pause_id": answer.pause_id,
        }

    def unanswered(self, error: Unanswered | NotShowable) -> dict[str, Any]:
        raise error


class _Stop:
    """One interrupt, the questions it takes, and the value that it is resumed with."""

    def __init__(self, interrupt: Any) -> None:
        self.id: str = interrupt.id
        value = interrupt.value
        fields = value if isinstance(value, Mapping) else {}
        self.is_batch = "action_requests" in fields and "review_configs" in fields
        self.is_call = fields.get("type") == "tool_approval" and "tool_call_id" in fields
        self.questions: list[Question[Any]]
        if self.is_batch:
            allowed = {
                one["action_name"]: one["allowed_decisions"] for one in fields["review_configs"]
            }
            self.questions = [
                _call((self.id, str(place)), action, allowed[action["name"]])
                for place, action in enumerate(fields["action_requests"])
            ]
        elif self.is_call:
            allowed_here = _allowed_by(interrupt.response_schema)
            self.questions = [_call((self.id,), fields, allowed_here)]
        else:
            self.questions = [_PlainQuestion((self.id,), value)]

    def resumed_with(self, replies: list[Any]) -> Any:
        if self.is_batch or self.is_call:
            decisions = [
                _decision(question.name, verdict)
                for question, verdict in zip(self.questions, replies, strict=True)
                if isinstance(question, ToolCall)
            ]
            return {"decisions": decisions} if self.is_batch else decisions[0]
        return replies[0]


def _is_fork(config: Mapping[str, Any]) -> bool:
    """Return True if the run starts at an older checkpoint: its interrupts were answered once already."""
    return "checkpoint_id" in config.get("configurable", {})


def _newest(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The thread's newest checkpoint, which is the fork's once it has run."""
    if not _is_fork(config):
        return config
    kept = {k: v for k, v in config["configurable"].items() if k != "checkpoint_id"}
    return {**config, "configurable": kept}


def _questions(stops: Iterable[_Stop]) -> list[Question[Any]]:
    return [question for stop in stops for question in stop.questions]


def _command(stops: Iterable[_Stop], replies: Any) -> Any:
    resume = {stop.id: stop.resumed_with([next(replies) for _ in stop.questions]) for stop in stops}
    return Command(resume=resume)


def _call(ids: tuple[str, ...], action: Mapping[str, Any], allowed: Iterable[Any]) -> ToolCall:
    name, arguments = action["name"], action["args"]
    generated = f"\n\nTool: {name}\nArgs: {arguments}"  # which the question shows in its own way
    heading = str(action.get("description") or "").removesuffix(generated)
    return ToolCall(
        name=name,
        arguments=dict(arguments),
        ids=ids,
        decisions=frozenset(allowed),
        heading=heading or None,
    )


def _allowed_by(schema: Any) -> set[str]:
    """The decisions that an interrupt's JSON Schema takes: the constants of `type` in it."""
    found: set[str] = set()
    if isinstance(schema, Mapping):
        kind = schema.get("properties", {}).get("type", {})
        if isinstance(kind, Mapping) and isinstance(kind.get("const"), str):
            found.add(kind["const"])
        for branch in [*schema.get("oneOf", ()), *schema.get("$defs", {}).values()]:
            found |= _allowed_by(branch)
    return found & {"approve", "edit", "reject", "respond"}


def _decision(name: str, verdict: Verdict) -> dict[str, Any]:
    if verdict.decision == "approve":
        return {"type": "approve"}
    if verdict.decision == "edit":
        return {"type": "edit", "edited_action": {"name": name, "args": verdict.arguments}}
    return {"type": verdict.decision, "message": verdict.message}
