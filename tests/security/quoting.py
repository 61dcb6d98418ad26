"""Vendors that put the whole message into what they say of it; `quoted` holds its tokens."""

from __future__ import annotations

import json
from email import message_from_bytes
from email.policy import default as default_policy
from typing import Final
from urllib.parse import parse_qs

from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from tests.doubles.slack import FakeSlack
from tests.doubles.twilio import FakeTwilio
from tests.e2e.links import in_mail, in_text
from tests.e2e.receiver import Mailbox

TAKEN: Final = "+15550101"
"""The number whose message is taken, and quoted all the same."""


class QuotingTwilio(FakeTwilio):
    def __init__(self) -> None:
        super().__init__()
        self.quoted: list[str] = []

    async def _create(self, request: Request) -> Response:
        fields = parse_qs((await request.body()).decode())
        [token] = _tokens(fields["Body"][0])
        self.quoted.append(token)
        says = {"code": token, "error_code": token, "status": token, "sid": token, "message": token}
        return JSONResponse(says, 201 if fields["To"] == [TAKEN] else 400)


class QuotingSlack(FakeSlack):
    def __init__(self) -> None:
        super().__init__()
        self.quoted: list[str] = []

    async def _post(self, request: Request) -> Response:
        payload = json.loads(await request.body())
        [token] = _tokens(payload["blocks"][-1]["text"]["text"])
        self.quoted.append(token)
        return PlainTextResponse(token, 400, {"X-Refused": token})


class QuotingMailServer(Mailbox):
    def __init__(self) -> None:
        super().__init__()
        self.quoted: list[str] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=default_policy)
        [token] = _tokens(in_mail(mail)["text"])
        self.quoted.append(token)
        return f"554 5.6.0 refused: {token}"


def _tokens(text: str) -> list[str]:
    return [url.rpartition("/")[2].rstrip(">") for url in in_text(text)]
