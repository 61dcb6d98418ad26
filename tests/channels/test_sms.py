"""SMS: which numbers it takes, how it reads, and what it says to Twilio."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import timedelta
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pausepoint.channels.base import ChannelError, HttpClient, Receipt, Reply, StatusReport
from pausepoint.channels.gsm7 import measure
from pausepoint.channels.outbound import OperatorClient
from pausepoint.channels.sms import (
    SmsChannel,
    TwilioSettings,
    TwilioTransport,
    status_report,
)
from pausepoint.channels.twilio_codes import TWILIO_CODES, Fault
from pausepoint.domain.delivery import DeliveryState
from pausepoint.domain.errors import InvalidRecipient
from pausepoint.security.twilio_signature import verify_twilio_signature
from tests.channels.samples import NOW, RESPOND_URL, hostile_text, notification
from tests.doubles.server import Served
from tests.doubles.twilio import MAGIC_NUMBERS, FakeTwilio

CHANNEL = SmsChannel()


# ── Numbers ──


@pytest.mark.parametrize(
    ("spelled", "number"),
    [
        ("+12025550100", "+12025550100"),
        ("+15550100", "+15550100"),
        (" +1 (202) 555-0100 ", "+12025550100"),
        ("+1.202.555.0100", "+12025550100"),
        ("+1 [202]\u00a0555‑0100", "+12025550100"),
        ("+123456789012345", "+123456789012345"),
    ],
)
def test_a_number_has_one_spelling(spelled: str, number: str) -> None:
    assert CHANNEL.normalise(spelled) == number


@pytest.mark.parametrize(
    "spelled",
    [
        "12025550100",
        "0012025550100",
        "+02025550100",
        "+123456",
        "+1234567890123456",
        "+1202555010a",
        "+٠١٢٣٤٥٦٧٨",
        "+１２０２５５５０１００",
        "+1 202 555 0100 ext 5",
        "++12025550100",
        "+1/202/5550100",
        "",
        "+",
        "alice@example.com",
        "+12025550100\x00",
        "+1202555\ud8000100",
    ],
)
def test_anything_else_is_refused(spelled: str) -> None:
    with pytest.raises(InvalidRecipient):
        CHANNEL.normalise(spelled)


# ── The text ──


def test_the_text_is_as_the_contract_has_it() -> None:
    sms = CHANNEL.render(notification())
    assert sms.body == f"[PausePoint] Wire $8,400 to Meridian?\n\nRespond here: {RESPOND_URL}"
    assert (sms.to, sms.encoding, sms.segments) == ("+12025550100", "GSM-7", 1)


def test_a_long_question_is_cut_at_a_word() -> None:
    sms = CHANNEL.render(notification(message="Delete these records now " * 40))
    assert re.search(r"(Delete|these|records|now)\.\.\.\n\nRespond here: ", sms.body)
    assert sms.body.endswith(RESPOND_URL)
    assert (sms.encoding, sms.segments) == ("GSM-7", 3)
    assert len(sms.body) > 400


def test_typography_is_folded_only_where_that_helps() -> None:
    assert '"Yes" - it\'s' in CHANNEL.render(notification(message="“Yes” – it’s")).body
    mixed = CHANNEL.render(notification(message="“Ja” 😀"))
    assert "“Ja” 😀" in mixed.body
    assert mixed.encoding == "UCS-2"


def test_a_link_longer_than_the_limit_is_kept_whole() -> None:
    url = "https://pp.example.com/" + "x" * 600
    sms = SmsChannel(max_segments=1).render(notification(respond_url=url, message="Why? " * 50))
    assert sms.body == f"[PausePoint] ...\n\nRespond here: {url}"


def test_twilios_limit_holds_whatever_the_segments() -> None:
    sms = SmsChannel(max_segments=50).render(notification(message="word " * 400))
    assert 1500 < len(sms.body) <= 1600
    assert sms.body.endswith(RESPOND_URL)


@given(hostile_text)
def test_the_size_is_true_and_the_link_whole(message: str) -> None:
    sms = CHANNEL.render(notification(message=message))
    size = measure(sms.body)
    assert (sms.encoding, sms.segments) == (size.encoding, size.segments)
    assert sms.segments <= 3
    assert sms.body.startswith("[PausePoint] ")
    assert sms.body.endswith(f"\n\nRespond here: {RESPOND_URL}")
    sms.body.encode()


# ── Twilio ──


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
        "Body": CHANNEL.render(notification()).body,
        "ValidityPeriod": "3600",
    }
    assert receipt == Receipt(message.sid, "queued", {"encoding": "GSM-7", "segments": 1}, True)


@pytest.mark.anyio
async def test_a_callback_replaces_asking(twilio: FakeTwilio, client: OperatorClient) -> None:
    over = transport(twilio, client, status_callback_base="https://pp.example.com/")
    receipt = await send(over)
    assert not receipt.is_checkable
    assert twilio.messages[0].fields["StatusCallback"] == (
        f"https://pp.example.com/v1/callbacks/twilio/{notification().delivery_id}"
    )


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
