"""Encrypted questions: stored by field name; rows of the older list format stay readable."""

from __future__ import annotations

import json

import pytest

from pausepoint.domain.action import Action
from pausepoint.domain.pause import Callback, Contact, Content
from pausepoint.security.sealed import Seal, new_data_key
from pausepoint.store.contents import decode_content, insert_question

PAUSE = "psr_019ab000-0000-7000-8000-000000000001"
USUAL = Content("+15550100199", "Wire it?", ("Approve", "Reject"), {"b": 1, "a": [2]})
CALLBACK = Callback("https://example.com/hook", "a secret of the developer")
FALLBACK = (Contact("email", "bob@example.com"), Contact("sms", "+15550100123"))
SHA256 = "ab" * 32


@pytest.fixture
def seal() -> Seal:
    return Seal(new_data_key())


def read(sealed_text: bytes, seal: Seal) -> Content:
    return decode_content(PAUSE, seal.seal(sealed_text, f"{PAUSE}/question"), None, seal)


@pytest.mark.parametrize(
    ("text", "content"),
    [
        (b'["+15550100199","Wire it?",["Approve","Reject"],{"b":1,"a":[2]}]', USUAL),
        (b'["+15550100199","?",["A","B"],null]', Content("+15550100199", "?", ("A", "B"))),
        (
            b'["+15550100199","?",["A","B"],null,'
            b'["https://example.com/hook","a secret of the developer"],'
            b'[["email","bob@example.com"],["sms","+15550100123"]]]',
            Content("+15550100199", "?", ("A", "B"), None, None, CALLBACK, FALLBACK),
        ),
        (
            b'["+15550100199","?",["A","B"],null,null,[["email","bob@example.com"]]]',
            Content("+15550100199", "?", ("A", "B"), None, None, None, FALLBACK[:1]),
        ),
        (
            b'["+15550100199","?",["A","B"],null,null,[],["Bash","' + SHA256.encode() + b'"]]',
            Content("+15550100199", "?", ("A", "B"), action=Action("Bash", SHA256)),
        ),
    ],
)
def test_questions_sealed_as_lists_stay_readable(text: bytes, content: Content, seal: Seal) -> None:
    assert read(text, seal) == content


@pytest.mark.parametrize(
    "content",
    [
        USUAL,
        Content("a@example.com", "?", ("A", "B")),
        Content("a@example.com", "?", ("A", "B"), {}, None, CALLBACK, FALLBACK),
        Content("a@example.com", "[1]", ("A", "B"), None, None, None, FALLBACK[:1]),
    ],
)
def test_a_question_comes_back_as_it_was_sealed(content: Content, seal: Seal) -> None:
    [write] = insert_question(PAUSE, content, seal)
    assert decode_content(PAUSE, write.parameters[2], None, seal) == content


def test_fields_are_sealed_by_name_and_only_where_there_is_something(seal: Seal) -> None:
    [write] = insert_question(PAUSE, Content("a@example.com", "?", ("A", "B")), seal)
    named = json.loads(seal.unseal(write.parameters[2], f"{PAUSE}/question"))
    assert named == {"recipient": "a@example.com", "message": "?", "options": ["A", "B"]}


def test_a_field_that_a_newer_process_sealed_is_passed_over(seal: Seal) -> None:
    text = b'{"recipient":"a@example.com","message":"?","options":["A","B"],"colour":"red"}'
    assert read(text, seal) == Content("a@example.com", "?", ("A", "B"))
