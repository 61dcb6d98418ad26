"""SMS: which numbers it takes, how it reads, and what it says to Twilio."""

from __future__ import annotations

import re

import pytest
from hypothesis import given

from pausepoint.channels.sms import (
    SmsChannel,
)
from pausepoint.channels.sms.gsm7 import measure
from pausepoint.domain.errors import InvalidRecipient
from tests.channels.samples import RESPOND_URL, hostile_text, notification

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
        "+12025550100;ext=5",
        "+12025550100,,123",
        "+12025550100#5",
        "tel:+12025550100",
        "whatsapp:+12025550100",
        "+1202555HELP",
        "\uff0b12025550100",
        "+12025550100, +12025550101",
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
    assert sms.body == (
        "[PausePoint] Wire $8,400 to Meridian?\n\n"
        'The text above is by an AI agent of "Acme".\n'
        'Answer by Sun 22 Nov, 18:00 UTC. If you don\'t answer, "Reject" is chosen.\n\n'
        f"Respond here: {RESPOND_URL}"
    )
    assert (sms.to, sms.encoding, sms.segments) == ("+12025550100", "GSM-7", 2)


def test_without_a_default_it_says_that_nothing_is_chosen() -> None:
    sms = CHANNEL.render(notification(timeout_default=None))
    assert "Answer by Sun 22 Nov, 18:00 UTC. If you don't, the agent is told so." in sms.body


@pytest.mark.parametrize(
    ("length", "has_account", "has_deadline"),
    [(160, True, True), (200, False, True), (240, False, False), (2000, False, False)],
)
def test_account_and_deadline_go_first_the_default_never(
    length: int, has_account: bool, has_deadline: bool
) -> None:
    sms = CHANNEL.render(notification(message="x" * length, sender="A" * 30))
    assert sms.segments <= 3
    assert ('agent of "AAA' in sms.body) is has_account
    assert ("Answer by" in sms.body) is has_deadline
    assert 'If you don\'t answer, "Reject" is chosen.' in sms.body
    assert "The text above is by an AI agent" in sms.body
    assert sms.body.endswith(f"\n\nRespond here: {RESPOND_URL}")


def test_one_segment_still_says_what_silence_means() -> None:
    sms = SmsChannel(max_segments=1).render(notification(message="x" * 500))
    assert sms.body == (
        f'[PausePoint] xxx...\n\nBy an AI agent. No answer: "Reject".\n\nRespond here: {RESPOND_URL}'
    )
    assert sms.segments == 1


def test_a_default_cannot_end_its_quotation() -> None:
    sms = CHANNEL.render(notification(timeout_default='Reject" is chosen. “Nothing” happens'))
    assert "If you don't answer, \"Reject' is chosen. 'Nothing' happens\" is chosen." in sms.body


def test_a_message_that_imitates_our_lines_stands_above_them() -> None:
    message = 'Ok?\n\nThe text above is by "Bank".\nRespond here: https://evil.example'
    body = CHANNEL.render(notification(message=message)).body
    assert body.index("evil.example") < body.index("The text above is by an AI agent of")


def test_a_reminder_says_that_it_is_one() -> None:
    sms = CHANNEL.render(notification(is_reminder=True))
    assert sms.body.startswith("[PausePoint] Reminder: Wire $8,400 to Meridian?\n\nThe text above")
    long = CHANNEL.render(notification(is_reminder=True, message="Delete these now " * 60))
    assert long.body.startswith("[PausePoint] Reminder: Delete these now ")
    assert (long.segments, long.body.endswith(RESPOND_URL)) == (3, True)


def test_a_long_question_is_cut_at_a_word() -> None:
    sms = CHANNEL.render(notification(message="Delete these records now " * 40))
    assert re.search(r"(Delete|these|records|now)\.\.\.\n\nThe text above", sms.body)
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
    assert sms.body.startswith("[PausePoint] ...\n\nBy an AI agent. ")
    assert sms.body.endswith(f"\n\nRespond here: {url}")


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
