"""Twilio: what its stand-in is told, and what is made of its answers."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import timedelta
from urllib.parse import parse_qsl

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pausepoint.channels.base import ChannelError, HttpClient, Receipt, Reply, StatusReport
from pausepoint.channels.outbound import OperatorClient
from pausepoint.channels.sms import (
    SmsChannel,
    TwilioSettings,
    TwilioTransport,
    status_report,
)
from pausepoint.channels.sms.twilio_codes import TWILIO_CODES, Fault
from pausepoint.domain.delivery import DeliveryState
from pausepoint.security.twilio_signature import verify_twilio_signature
from tests.channels.samples import NOW, notification
from tests.doubles.server import Served
from tests.doubles.twilio import MAGIC_NUMBERS, FakeTwilio

CHANNEL = SmsChannel()


class Hasty:
    """The real client with less patience, for servers that never answer."""

    def __init__(self, client: HttpClient) -> None:
        self._client = client

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes = b"",
        timeout: timedelta = timedelta(seconds=15),
    ) -> Reply:
        less = min(timeout, timedelta(seconds=0.3))
        return await self._client.request(method, url, headers=headers, body=body, timeout=less)


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    with FakeTwilio() as server:
        yield server


@pytest.fixture
async def client() -> AsyncIterator[OperatorClient]:
    made = OperatorClient()
    yield made
    await made.close()


def transport(twilio: FakeTwilio, client: HttpClient, **settings: str) -> TwilioTransport:
    fields = {
        "account_sid": twilio.account_sid,
        "auth_token": twilio.auth_token,
        "from_": "+12025550199",
        "base_url": twilio.base_url,
        **settings,
    }
    return TwilioTransport(TwilioSettings(**fields), client)


async def send(over: TwilioTransport, to: str = "+12025550100", left: int = 3600) -> Receipt:
    asked = notification(recipient=to, expires_at=NOW + left * 1000)
    return await over.send(CHANNEL.render(asked), asked, NOW)


async def failure(over: TwilioTransport, to: str = "+12025550100") -> ChannelError:
    with pytest.raises(ChannelError) as raised:
        await send(over, to)
    return raised.value


@pytest.mark.anyio
async def test_an_accepted_message(twilio: FakeTwilio, client: OperatorClient) -> None:
    receipt = await send(transport(twilio, client))
    [message] = twilio.messages
    assert message.fields == {
        "To": "+12025550100",
        "From": "+12025550199",
        "Body": CHANNEL.render(notification(expires_at=NOW + 3_600_000)).body,
        "ValidityPeriod": "3600",
    }
    assert receipt == Receipt(message.sid, "queued", {"encoding": "GSM-7", "segments": 2}, True)


@pytest.mark.anyio
async def test_a_callback_replaces_asking(twilio: FakeTwilio, client: OperatorClient) -> None:
    over = transport(twilio, client, status_callback_base="https://pp.example.com/")
    receipt = await send(over)
    assert not receipt.is_checkable
    assert twilio.messages[0].fields["StatusCallback"] == (
        f"https://pp.example.com/v1/callbacks/twilio/{notification().delivery_id}"
    )


@pytest.mark.anyio
async def test_nobody_waits_to_hear_of_a_confirmation(
    twilio: FakeTwilio, client: OperatorClient
) -> None:
    over = transport(twilio, client, status_callback_base="https://pp.example.com")
    asked = notification(recipient="+12025550100", is_confirmation=True, options=())
    await over.send(CHANNEL.render(asked), asked, NOW)
    assert "StatusCallback" not in twilio.messages[0].fields


@pytest.mark.anyio
async def test_a_messaging_service_as_the_sender(
    twilio: FakeTwilio, client: OperatorClient
) -> None:
    await send(transport(twilio, client, from_="MG" + "0" * 32))
    assert twilio.messages[0].fields["MessagingServiceSid"] == "MG" + "0" * 32
    assert "From" not in twilio.messages[0].fields


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("left", "period"), [(-5, "1"), (0, "1"), (59, "59"), (36_000, "36000"), (86_400, "36000")]
)
async def test_no_sms_is_valid_past_the_deadline(
    twilio: FakeTwilio, client: OperatorClient, left: int, period: str
) -> None:
    await send(transport(twilio, client), left=left)
    assert twilio.messages[0].fields["ValidityPeriod"] == period


@pytest.mark.anyio
@pytest.mark.parametrize("number", MAGIC_NUMBERS)
async def test_refusals_are_permanent_and_carry_twilios_code(
    twilio: FakeTwilio, client: OperatorClient, number: str
) -> None:
    error = await failure(transport(twilio, client), number)
    assert error.code == str(MAGIC_NUMBERS[number][0])
    assert error.is_permanent
    assert number not in str(error)


@pytest.mark.anyio
async def test_wrong_credentials_are_permanent(twilio: FakeTwilio, client: OperatorClient) -> None:
    error = await failure(transport(twilio, client, auth_token="wrong"))
    assert (error.code, error.is_permanent) == ("20003", True)
    assert twilio.messages == []


@pytest.mark.anyio
async def test_what_passes_is_tried_again(twilio: FakeTwilio, client: OperatorClient) -> None:
    over = transport(twilio, client)
    twilio.mode = "rate_limited"
    error = await failure(over)
    assert (error.code, error.is_permanent) == ("20429", False)
    assert error.retry_after == timedelta(seconds=7)
    twilio.mode = "broken"
    error = await failure(over)
    assert (error.code, error.is_permanent) == ("http_503", False)


@pytest.mark.anyio
async def test_a_taken_message_with_an_unreadable_answer_is_not_sent_again(
    twilio: FakeTwilio, client: OperatorClient
) -> None:
    twilio.mode = "garbage"
    receipt = await send(transport(twilio, client))
    assert (receipt.provider_id, receipt.code, receipt.is_checkable) == (None, None, False)


@pytest.mark.anyio
async def test_a_message_that_fails_as_it_is_made_was_not_sent(
    twilio: FakeTwilio, client: OperatorClient
) -> None:
    twilio.mode = "stillborn"
    error = await failure(transport(twilio, client))
    assert (error.code, error.is_permanent) == ("30034", True)


@pytest.mark.anyio
async def test_a_lost_answer_may_mean_a_second_sms(
    twilio: FakeTwilio, client: OperatorClient
) -> None:
    twilio.mode = "silent"
    error = await failure(transport(twilio, Hasty(client)))
    assert (error.code, error.is_permanent) == ("timeout", False)
    twilio.mode = "normal"
    await send(transport(twilio, client))
    assert len(twilio.messages) == 2


@pytest.mark.anyio
async def test_asking_what_became_of_a_message(twilio: FakeTwilio, client: OperatorClient) -> None:
    over = transport(twilio, client)
    receipt = await send(over)
    assert receipt.provider_id is not None
    assert await over.fetch_status(receipt.provider_id) == StatusReport(DeliveryState.SENT)
    twilio.messages[0].status = "delivered"
    assert await over.fetch_status(receipt.provider_id) == StatusReport(DeliveryState.DELIVERED)
    twilio.messages[0].status, twilio.messages[0].error_code = "undelivered", 30003
    assert await over.fetch_status(receipt.provider_id) == StatusReport(
        DeliveryState.FAILED, "30003"
    )
    assert await over.fetch_status("SM/../unknown") is None


@pytest.mark.anyio
async def test_a_callback_over_the_wire_is_signed_so_that_we_believe_it(
    twilio: FakeTwilio, client: OperatorClient
) -> None:
    believed: list[tuple[str, bool]] = []

    async def receive(request: Request) -> Response:
        fields = parse_qsl((await request.body()).decode())
        signature = request.headers["X-Twilio-Signature"]
        url = f"{public.base_url}{request.url.path}"
        is_genuine = verify_twilio_signature(url, fields, signature, twilio.auth_token)
        believed.append((dict(fields)["MessageStatus"], is_genuine))
        return Response(status_code=204)

    app = Starlette(routes=[Route("/v1/callbacks/twilio/{id}", receive, methods=["POST"])])
    with Served(app) as public:
        await send(transport(twilio, client, status_callback_base=public.base_url))
        assert twilio.post_status(twilio.messages[0], "delivered") == 204
    assert believed == [("delivered", True)]


# ── Statuses and codes ──


@pytest.mark.parametrize(
    ("status", "code", "report"),
    [
        ("queued", None, StatusReport(DeliveryState.SENT)),
        ("sent", "", StatusReport(DeliveryState.SENT)),
        ("delivered", None, StatusReport(DeliveryState.DELIVERED)),
        ("READ", None, StatusReport(DeliveryState.DELIVERED)),
        ("undelivered", "30005", StatusReport(DeliveryState.FAILED, "30005")),
        ("failed", 30008, StatusReport(DeliveryState.FAILED, "30008")),
        ("canceled", None, StatusReport(DeliveryState.FAILED)),
        ("something-new", None, None),
        ("", None, None),
    ],
)
def test_status_report(status: str, code: str | int | None, report: StatusReport | None) -> None:
    assert status_report(status, code) == report


def test_the_table_is_sound() -> None:
    for code, (meaning, fault) in TWILIO_CODES.items():
        assert re.fullmatch(r"\d{5}", code)
        assert meaning.endswith(".")
        assert fault.is_permanent == (fault is not Fault.PASSING)


def test_the_token_is_in_no_repr(twilio: FakeTwilio) -> None:
    settings = TwilioSettings(account_sid="AC1", auth_token="hidden-value", from_="+12025550199")
    assert "hidden-value" not in repr(settings)
