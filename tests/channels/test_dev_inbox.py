"""The dev inbox: what it keeps, and how a page learns of news."""

from __future__ import annotations

import asyncio

import pytest

from pausepoint.channels.dev_inbox import DevInbox
from pausepoint.channels.email import EmailChannel
from pausepoint.channels.sms import SmsChannel
from tests.channels.samples import NOW, notification

pytestmark = pytest.mark.anyio


async def test_messages_are_kept_as_rendered() -> None:
    inbox = DevInbox()
    asked = notification()
    sms = SmsChannel().render(asked)
    over = inbox.transport(SmsChannel(3))
    receipt = await over.send(sms, asked, NOW)
    [kept] = inbox.messages()
    assert (kept.number, kept.channel, kept.message) == (1, "sms", sms)
    assert (kept.notification, kept.received_at) == (asked, NOW)
    assert (receipt.provider_id, receipt.is_checkable) == ("inbox-1", False)
    assert await over.fetch_status("inbox-1") is None


async def test_only_the_last_500_are_kept_and_numbers_go_on() -> None:
    inbox = DevInbox()
    over = inbox.transport(EmailChannel())
    mail = EmailChannel().render(notification())
    for _ in range(510):
        await over.send(mail, notification(), NOW)
    assert [message.number for message in inbox.messages()] == list(range(11, 511))
    assert [message.number for message in inbox.messages(after=508)] == [509, 510]


async def test_everybody_who_waits_is_woken() -> None:
    inbox = DevInbox()
    waiting = [asyncio.create_task(inbox.wait_for_news(0)) for _ in range(3)]
    later = asyncio.create_task(inbox.wait_for_news(1))
    gone = asyncio.create_task(inbox.wait_for_news(0))
    await asyncio.wait([later], timeout=0)
    gone.cancel()
    await inbox.transport(SmsChannel(3)).send("x", notification(), NOW)
    await asyncio.gather(*waiting)
    assert not later.done()
    await inbox.transport(SmsChannel(3)).send("y", notification(), NOW)
    await later
    await inbox.wait_for_news(1)
    assert gone.cancelled()
