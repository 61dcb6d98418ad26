"""/v1/auth: accounts and their keys."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Struct, UnsetType

from pausepoint.web.schemas import Timestamp, described


class RegisterRequest(Struct, kw_only=True):
    email: str
    name: Annotated[str, described("Shown to the people you ask: “An AI agent of Acme …”.")]
    password: Annotated[str, described("8 to 200 characters.")]


class RegisterResponse(Struct, kw_only=True):
    developer_id: str
    api_key: Annotated[str, described("The live key. Shown once.")]
    test_api_key: Annotated[str, described("The test key: nobody outside is asked. Shown once.")]
    plan: str
    message: str


class Usage(Struct, kw_only=True):
    pauses_this_month: int


class KeyPrefix(Struct, kw_only=True):
    key_id: str
    name: str
    mode: str
    prefix: str
    created_at: Timestamp


class MeResponse(Struct, kw_only=True):
    developer_id: str
    email: str
    name: str
    plan: str
    created_at: Timestamp
    usage: Usage
    keys: list[KeyPrefix]


class RotateResponse(Struct, kw_only=True):
    """The new key, once, under the name that registration gave it."""

    api_key: str | UnsetType = UNSET
    test_api_key: str | UnsetType = UNSET
