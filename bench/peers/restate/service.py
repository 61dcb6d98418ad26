"""Runs in Restate's own environment, under hypercorn: a workflow that waits for a person."""

from __future__ import annotations

from datetime import timedelta

import restate
from restate import Workflow, WorkflowContext, WorkflowSharedContext

ask = Workflow("Ask")


@ask.main()
async def run(ctx: WorkflowContext, due_at: float) -> str | None:
    """`due_at` is epoch seconds."""
    now = await ctx.time()
    match await restate.select(
        answer=ctx.promise("answer", type_hint=str).value(),
        timeout=ctx.sleep(timedelta(seconds=max(0.0, due_at - now))),
    ):
        case ["answer", choice]:
            return str(choice)
        case _:
            return None


@ask.handler()
async def respond(ctx: WorkflowSharedContext, choice: str) -> None:
    await ctx.promise("answer", type_hint=str).resolve(choice)


app = restate.app([ask])
