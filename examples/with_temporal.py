"""A workflow of Temporal, one of whose activities asks a person.

    pip install pausepoint temporalio
    python examples/with_temporal.py

Run like this it needs no Temporal server: Temporal's own test environment runs the activity once.
Kill it while it waits and start it again: it goes on, and the person is not asked again.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

with workflow.unsafe.imports_passed_through():
    from pausepoint.client import (
        AsyncPausePoint,
        Conflict,
        InvalidRequest,
        NotAllowed,
        Unanswered,
        Unauthorized,
    )

BEAT = timedelta(seconds=10)


@dataclass
class Question:
    recipient: str
    message: str
    options: list[str]
    hours: float = 24


@dataclass
class Reply:
    choice: str
    text: str | None
    by_human: bool


@activity.defn
async def ask_person(question: Question) -> Reply:
    """Whoever tries this activity again waits for the same answer."""
    info = activity.info()
    key = f"{info.workflow_run_id}/{info.activity_id}"
    async with AsyncPausePoint() as pausepoint:
        try:
            if info.heartbeat_details:
                pause_id = info.heartbeat_details[0]
            else:
                timeout = timedelta(hours=question.hours)
                pause = await pausepoint.create(
                    question.recipient,
                    question.message,
                    question.options,
                    timeout=timeout,
                    idempotency_key=key,
                )
                pause_id = pause.pause_id
            answer = await waited(pausepoint, pause_id)
        except (Unanswered, InvalidRequest, NotAllowed, Unauthorized) as error:
            # To try again would not help.
            raise ApplicationError(str(error), type=error.code, non_retryable=True) from error
    return Reply(answer.choice, answer.text, answer.by_human)


async def waited(pausepoint, pause_id):
    """The answer, with a heartbeat meanwhile. Withdraws the question if the workflow wants none."""
    beating = asyncio.create_task(beats(pause_id))
    try:
        return await pausepoint.wait(pause_id)
    except asyncio.CancelledError:
        why = activity.cancellation_details()
        if why is not None and (why.cancel_requested or why.not_found):
            with suppress(Conflict):
                await pausepoint.cancel(pause_id)
        raise
    finally:
        beating.cancel()


async def beats(pause_id):
    while True:
        activity.heartbeat(pause_id)
        await asyncio.sleep(BEAT.total_seconds())


@workflow.defn
class PayInvoice:
    @workflow.run
    async def run(self, invoice: str) -> str:
        reply = await workflow.execute_activity(
            ask_person,
            Question("+15550100199", f"Pay invoice {invoice}?", ["Approve", "Reject"], hours=4),
            start_to_close_timeout=timedelta(hours=5),
            heartbeat_timeout=timedelta(seconds=30),
        )
        if reply.choice == "Approve" and reply.by_human:
            return "paid"
        return f"not paid: {reply.text or reply.choice}"


async def main() -> None:
    question = Question("+15550100199", "Pay invoice 2281?", ["Approve", "Reject"])
    print(await ActivityEnvironment().run(ask_person, question))


if __name__ == "__main__":
    asyncio.run(main())
