"""Whatever is sent, and whatever the API answers: an answer comes, and it fits its schema."""

from __future__ import annotations

import json
from typing import Any

import schema_check
from hypothesis import given
from hypothesis import strategies as st
from stdio_process import output_schemas

from pausepoint.mcp import core, schemas, tools
from pausepoint.mcp.api import ApiAnswer, ApiFailure
from pausepoint.mcp.calls import CallContext, KnownPauses

Json = dict[str, Any]

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["5", "[]", "{}", "\x00", "\ud800", "1e999", "true", "psr_1", "2.0"])
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
NAMES = [tool["name"] for tool in tools.tool_table(45)]
PARAMETERS = [name for tool in tools.tool_table(45) for name in tool["inputSchema"]["properties"]]
ARGUMENTS = st.dictionaries(st.sampled_from(PARAMETERS), ANYTHING)
GOOD_CREATE = st.just(
    {"recipient": "+15550100", "channel": "sms", "message": "Go?", "options": ["Yes", "No"]}
)
PAUSES = st.fixed_dictionaries(
    {"pause_id": st.just("psr_1"), "status": st.sampled_from(schemas.STATUSES)},
    optional=dict.fromkeys(
        [*schemas.PAUSE_FIELDS.keys() - {"pause_id", "status"}, "respond_url"], ANYTHING
    ),
)
PAGES = st.fixed_dictionaries({"items": st.lists(PAUSES | ANYTHING), "has_more": ANYTHING})
ERRORS = st.fixed_dictionaries(
    {"error": SCALARS}, optional={"message": SCALARS, "detail": ANYTHING}
)
ANSWERS = st.builds(
    ApiAnswer,
    st.sampled_from([200, 201, 204, 301, 400, 401, 404, 409, 429, 500, 502, 504]),
    PAUSES | PAGES | ERRORS | ANYTHING,
    seconds=st.floats(0, 60),
    retry_after=st.none() | st.text(max_size=5),
)
OUTCOMES = ANSWERS | st.builds(ApiFailure, st.just("Cannot reach it"), sent=st.booleans())


@given(ANYTHING | st.fixed_dictionaries({"jsonrpc": st.just("2.0"), "method": SCALARS}))
def test_no_message_breaks_the_core(message: object) -> None:
    received = core.receive(message)
    if isinstance(received, core.Reply):
        json.dumps(received.message)


@given(st.sampled_from(NAMES), ARGUMENTS | GOOD_CREATE | ANYTHING, st.data())
def test_every_call_ends_in_one_answer(name: str, arguments: object, data: st.DataObject) -> None:
    params = {"name": name, "arguments": arguments}
    call = core.receive({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
    assert isinstance(call, core.ToolCall)
    steps = call.steps(CallContext(now=0.0, fresh_key="fresh", known=KnownPauses()))
    outcome: Any = None
    try:
        while True:
            request = steps.send(outcome)
            json.dumps(request.body).encode("ascii")
            assert request.path.isascii()
            assert request.path.isprintable()
            outcome = data.draw(OUTCOMES)
    except StopIteration as done:
        check_result(name, done.value["result"])


def check_result(name: str, result: Json) -> None:
    (block,) = result["content"]
    assert block["text"].strip()
    if result.get("isError"):
        assert "structuredContent" not in result
        assert "\n" not in block["text"]
        return
    assert "respond_url" not in json.dumps(result)
    assert schema_check.problems(result["structuredContent"], output_schemas()[name]) == []
