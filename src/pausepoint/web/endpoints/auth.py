"""Accounts, and the key that is presented."""

from __future__ import annotations

from typing import Final

from pausepoint.domain import errors as e
from pausepoint.web.access_control import AccessControl
from pausepoint.web.api import auth
from pausepoint.web.endpoint import Endpoint
from pausepoint.web.schemas.auth import (
    MeResponse,
    RegisterRequest,
    RegisterResponse,
    RotateResponse,
)

ENDPOINTS: Final = (
    Endpoint(
        method="POST",
        path="/v1/auth/register",
        handler=auth.register,
        operation_id="register",
        summary="Register an account",
        tag="Accounts",
        needs_key=False,
        entry=AccessControl.signing_in,
        request=RegisterRequest,
        example={"email": "you@example.com", "name": "Acme", "password": "a long password"},
        response=RegisterResponse,
        status=201,
        errors=(e.RegistrationClosed, e.EmailTaken),
    ),
    Endpoint(
        method="GET",
        path="/v1/auth/me",
        handler=auth.me,
        operation_id="getAccount",
        summary="Your account, plan and usage",
        tag="Accounts",
        response=MeResponse,
    ),
    Endpoint(
        method="POST",
        path="/v1/auth/keys/rotate",
        handler=auth.rotate,
        operation_id="rotateKeys",
        summary="Replace the key that you present",
        tag="Accounts",
        response=RotateResponse,
    ),
)
