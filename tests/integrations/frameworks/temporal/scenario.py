"""The example's activity as a worker runs it: `scenario.py NAME RUN [DETAIL]`, with Temporal's ActivityEnvironment."""

from __future__ import annotations

import asyncio
import dataclasses
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[4] / "examples"))

import with_temporal
from temporalio import activity, workflow
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment
from temporalio.worker import Replayer
from with_temporal import PayInvoice, Question, ask_person

QUESTION = Question("+15550100199", "Pay invoice 2281?", ["Approve", "Reject"])


async def main(name: str, run: str, *details: str) -> None:
    environment = ActivityEnvironment()
    environment.info = dataclasses.replace(environment.info, workflow_run_id=run)
    beats: asyncio.Queue[str] = asyncio.Queue()
    environment.on_heartbeat = beats.put_nowait
    if name == "tried again":
        # More than 24 hours later: the key is forgotten, the heartbeat's details are not.
        environment.info = dataclasses.replace(
            environment.info, heartbeat_details=list(details), workflow_run_id="another"
        )
    if name == "refused":
        QUESTION.options = ["Approve"]
    running: asyncio.Future[Any] = asyncio.ensure_future(environment.run(ask_person, QUESTION))
    if name in ("cancelled", "shut down"):
        print(await beats.get(), flush=True)
        environment.cancel(
            activity.ActivityCancellationDetails(cancel_requested=name == "cancelled")
        )
    if name == "beats":
        with_temporal.BEAT /= 1000
        for _ in range(3):
            print(await beats.get(), flush=True)
    try:
        print(await running)
    except asyncio.CancelledError:
        print("cancelled")
    except ApplicationError as error:
        print(error.type, error.non_retryable)


def check_workflow() -> None:
    """As a worker does when it starts: the sandbox loads it."""
    Replayer(workflows=[PayInvoice])
    print(workflow._Definition.must_from_class(PayInvoice).name)


if sys.argv[1] == "workflow":
    check_workflow()
else:
    asyncio.run(main(*sys.argv[1:]))
