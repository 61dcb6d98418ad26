"""/v1/respond: the person's side, by the token in their link."""

from __future__ import annotations

from pausepoint.operations.respond_to_pause import find_question, respond_to_pause
from pausepoint.web.endpoint import Call
from pausepoint.web.same_site import check_same_site
from pausepoint.web.schemas.respond import (
    QuestionBody,
    RespondResponse,
    question_body,
    respond_response,
)


async def get(call: Call) -> QuestionBody:
    question = await find_question(call.services, call.path["token"])
    return question_body(question.pause, question.sender, call.services.clock.now())


async def post(call: Call) -> RespondResponse:
    check_same_site(call.request, call.services.policy.public_url)
    pause = await respond_to_pause(
        call.services, call.path["token"], call.body.choice, call.body.text
    )
    return respond_response(pause)
