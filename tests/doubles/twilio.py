"""A stand-in for Twilio: speaks its Messages resource, and calls back with real signatures."""

from __future__ import annotations

import secrets
from base64 import b64decode
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator

from tests.doubles.server import Served, until_gone

Mode = Literal["normal", "rate_limited", "broken", "garbage", "silent", "stillborn"]

# The numbers for which Twilio's test credentials answer so.
MAGIC_NUMBERS = {
    "+15005550001": (21211, "The 'To' number +15005550001 is not a valid phone number."),
    "+15005550002": (21612, "The message cannot be routed to this number."),
    "+15005550003": (21408, "Permission to send an SMS has not been enabled for the region."),
    "+15005550004": (21610, "Attempt to send to unsubscribed recipient"),
    "+15005550009": (21614, "'To' number is not a valid mobile number"),
}


@dataclass
class Message:
    """A message that was accepted; `fields` is the form as posted."""

    sid: str
    fields: dict[str, str]
    status: str = "queued"
    error_code: int | None = None

    def as_json(self) -> dict[str, object]:
        return {
            "sid": self.sid,
            "status": self.status,
            "error_code": self.error_code,
            "to": self.fields["To"],
            "body": self.fields["Body"],
        }


class FakeTwilio(Served):
    """`mode` decides how the next requests are answered; `messages` holds what was accepted."""

    def __init__(self, account_sid: str = "AC" + "0" * 32, auth_token: str = "token") -> None:
        self.account_sid = account_sid
        self.auth_token = auth_token
        self.mode: Mode = "normal"
        self.messages: list[Message] = []
        self.requests = 0
        account = "/2010-04-01/Accounts/{account}"
        super().__init__(
            Starlette(
                routes=[
                    Route(f"{account}/Messages.json", self._create, methods=["POST"]),
                    Route(f"{account}/Messages/{{sid}}.json", self._fetch, methods=["GET"]),
                ]
            )
        )

    def post_status(self, message: Message, status: str, error_code: int | None = None) -> int:
        """Tells the message's StatusCallback what became of it; returns the HTTP status."""
        message.status, message.error_code = status, error_code
        url = message.fields["StatusCallback"]
        form = {
            "MessageSid": message.sid,
            "AccountSid": self.account_sid,
            "MessageStatus": status,
            "To": message.fields["To"],
        }
        if error_code is not None:
            form["ErrorCode"] = str(error_code)
        signature = RequestValidator(self.auth_token).compute_signature(url, form)
        parts = urlsplit(url)
        connection = HTTPConnection(parts.netloc, timeout=5)
        try:
            connection.request(
                "POST",
                parts.path,
                body=urlencode(form),
                headers={
                    "Content-Type": "application/x-www-form-urlencoded",
                    "X-Twilio-Signature": signature,
                },
            )
            return connection.getresponse().status
        finally:
            connection.close()

    async def _create(self, request: Request) -> Response:
        self.requests += 1
        fields = dict(parse_qsl((await request.body()).decode(), strict_parsing=True))
        refusal = self._unauthorized(request) or self._moody() or _invalid(fields)
        if refusal is not None:
            return refusal
        message = Message(f"SM{secrets.token_hex(16)}", fields)
        self.messages.append(message)
        if self.mode == "silent":
            await until_gone(request)
        if self.mode == "stillborn":
            message.status, message.error_code = "failed", 30034
        if self.mode == "garbage":
            return Response(b"\xff\xfe not JSON", status_code=201)
        return JSONResponse(message.as_json(), status_code=201)

    async def _fetch(self, request: Request) -> Response:
        refusal = self._unauthorized(request) or self._moody()
        if refusal is not None:
            return refusal
        for message in self.messages:
            if message.sid == request.path_params["sid"]:
                return JSONResponse(message.as_json())
        return _error(404, 20404, "The requested resource was not found")

    def _unauthorized(self, request: Request) -> Response | None:
        scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
        expected = f"{self.account_sid}:{self.auth_token}".encode()
        is_known = request.path_params["account"] == self.account_sid
        if scheme == "Basic" and b64decode(credentials) == expected and is_known:
            return None
        return _error(401, 20003, "Authenticate")

    def _moody(self) -> Response | None:
        if self.mode == "rate_limited":
            return _error(429, 20429, "Too Many Requests", {"Retry-After": "7"})
        if self.mode == "broken":
            return Response("upstream connect error", status_code=503)
        return None


def _invalid(fields: dict[str, str]) -> Response | None:
    """What Twilio checks in a form, as far as we use it."""
    if not fields.get("To"):
        return _error(400, 21604, "A 'To' phone number is required.")
    if not fields.get("Body"):
        return _error(400, 21602, "Message body is required.")
    if len(fields["Body"]) > 1600:
        return _error(400, 21617, "The concatenated message body exceeds the 1600 character limit.")
    if not (fields.get("From") or fields.get("MessagingServiceSid")):
        return _error(400, 21603, "A 'From' phone number is required.")
    if not 1 <= int(fields.get("ValidityPeriod", "1")) <= 36_000:
        return _error(400, 90007, "Invalid ValidityPeriod")
    if fields["To"] in MAGIC_NUMBERS:
        return _error(400, *MAGIC_NUMBERS[fields["To"]])
    return None


def _error(
    status: int, code: int, message: str, headers: dict[str, str] | None = None
) -> JSONResponse:
    body = {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return JSONResponse(body, status_code=status, headers=headers)
