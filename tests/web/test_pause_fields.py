"""The fields of a pause in the API, and whoever repeats them: the clients, the commands, the MCP tools."""

from __future__ import annotations

import inspect
from typing import Any, Final

import msgspec
import pytest

from pausepoint.cli.ask import ask
from pausepoint.cli.documents import document
from pausepoint.cli.pauses import STATUSES
from pausepoint.client import AsyncPausePoint, Attempt, Delivery, Fallback, Pause, PausePoint
from pausepoint.domain.delivery import DeliveryState
from pausepoint.domain.pause import PauseStatus, ResolvedBy
from pausepoint.mcp import schemas
from pausepoint.web.endpoints import ENDPOINTS
from pausepoint.web.openapi import openapi_document

SCHEMAS: Final[dict[str, Any]] = openapi_document(ENDPOINTS, "http://localhost")["components"][
    "schemas"
]
CALLED_IN_PYTHON: Final = {
    "timeout_hours": "timeout",
    "timeout_default": "default",
    "allow_text_response": "allow_text",
    "remind_after_hours": "remind_after",
}
NOT_TYPED: Final = {"action"}
"""Only a program that then runs the action can name it, and holds what runs against what was shown."""

NOT_KNOWN_TO_MODELS: Final = {"callback_secret"}
"""A model that knows it could forge the callback that says "Approve"."""

NOT_FOR_MODELS: Final = {"allow_text_response", "action", "action_sha256", "respond_url"}
"""The link is for the person alone; the others cost tokens and tell a model nothing it did not say."""


def fields(name: str) -> set[str]:
    return set(SCHEMAS[name]["properties"])


def in_python(names: set[str]) -> set[str]:
    return {CALLED_IN_PYTHON.get(name, name) for name in names}


@pytest.mark.parametrize("client", [PausePoint, AsyncPausePoint])
@pytest.mark.parametrize("method", ["ask", "create"])
def test_the_python_clients_take_every_field(client: type, method: str) -> None:
    taken = set(inspect.signature(getattr(client, method)).parameters)
    asked = in_python(fields("CreatePauseRequest"))
    assert taken - {"self", "idempotency_key", "on_pending"} == asked


def test_the_command_takes_every_field() -> None:
    taken = {str(parameter.name) for parameter in ask.params}
    asked = in_python(fields("CreatePauseRequest")) - NOT_TYPED - {"callback_secret"}
    of_the_command = {"idempotency_key", "as_json", "callback_secret_file", "no_wait", "url"}
    assert taken - of_the_command == asked
    assert "callback_secret_file" in taken


def test_the_mcp_tool_takes_every_field() -> None:
    taken = set(schemas.create_input(has_callback=True)["properties"])
    asked = fields("CreatePauseRequest") - NOT_TYPED - NOT_KNOWN_TO_MODELS
    assert taken - {"idempotency_key"} == asked
    required = set(SCHEMAS["CreatePauseRequest"]["required"])
    assert set(schemas.CREATE_INPUT["required"]) == required


@pytest.mark.parametrize(
    ("struct", "schema"),
    [
        (Pause, "CreatedPauseBody"),
        (Delivery, "DeliveryStatus"),
        (Attempt, "MessageAttempt"),
        (Fallback, "WayBody"),
    ],
)
def test_the_python_client_reads_every_field(struct: type[msgspec.Struct], schema: str) -> None:
    read = {field.encode_name for field in msgspec.structs.fields(struct)}
    assert read - {"is_replay"} == fields(schema)


def test_the_commands_show_every_field() -> None:
    sample = dict.fromkeys(fields("PauseBody")) | {
        "pause_id": "psr_1",
        "status": "pending",
        "channel": "sms",
        "created_at": "2026-11-22T12:00:00Z",
        "expires_at": "2026-11-22T13:00:00Z",
        "delivery": {"state": "sent", "attempts": []},
        "allow_text_response": False,
        "test": False,
    }
    shown = document(msgspec.convert(sample, Pause, strict=False))
    assert set(shown) - {"is_replay"} == fields("PauseBody")


def test_the_mcp_tools_show_every_field_that_a_model_may_see() -> None:
    assert set(schemas.PAUSE_FIELDS) == fields("PauseBody") - NOT_FOR_MODELS
    shown = set(schemas.PAUSE_FIELDS["fallback"]["items"]["properties"])
    assert shown == fields("WayBody")


def test_values_are_those_of_the_domain() -> None:
    assert list(schemas.STATUSES) == [status.value for status in PauseStatus]
    assert list(STATUSES) == [status.value for status in PauseStatus]
    said = schemas.PAUSE_FIELDS["resolved_by"]["description"]
    for words in (said, SCHEMAS["PauseBody"]["properties"]["resolved_by"]["description"]):
        named = {word.strip(",.();") for word in words.split()}
        assert named & {"human", "timeout", "developer", "policy"} == set(ResolvedBy)
    assert SCHEMAS["PauseBody"]["properties"]["status"]["enum"] == list(PauseStatus)
    assert SCHEMAS["DeliveryStatus"]["properties"]["state"]["enum"] == list(DeliveryState)
