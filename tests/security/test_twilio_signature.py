"""Twilio's signature, checked both ways against Twilio's own library."""

from __future__ import annotations

import random
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import MultiDict
from twilio.request_validator import RequestValidator

from pausepoint.security.twilio_signature import verify_twilio_signature

URL = "https://pp.example.com/v1/callbacks/twilio/dlv_1"
TOKEN = "12345"
PARAMS = [("MessageSid", "SM1"), ("MessageStatus", "delivered"), ("To", "+12025550100")]

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
params = st.lists(st.tuples(names, names), max_size=8)


def official(url: str, fields: list[tuple[str, str]], token: str = TOKEN) -> str:
    return RequestValidator(token).compute_signature(url, MultiDict(fields))


def test_a_signature_of_the_official_library_passes() -> None:
    assert verify_twilio_signature(URL, PARAMS, official(URL, PARAMS), TOKEN)


@given(params)
def test_both_agree_on_any_form(fields: list[tuple[str, str]]) -> None:
    assert verify_twilio_signature(URL, fields, official(URL, fields), TOKEN)


@given(params)
def test_the_order_of_fields_does_not_matter(fields: list[tuple[str, str]]) -> None:
    shuffled = random.Random(1).sample(fields, len(fields))
    assert verify_twilio_signature(URL, shuffled, official(URL, fields), TOKEN)


@pytest.mark.parametrize(
    "called",
    ["https://pp.example.com:443/cb", "https://pp.example.com/cb"],
)
@pytest.mark.parametrize("told", ["https://pp.example.com:443/cb", "https://pp.example.com/cb"])
def test_the_default_port_may_be_spelled_out_or_not(told: str, called: str) -> None:
    assert verify_twilio_signature(told, PARAMS, official(called, PARAMS), TOKEN)


@pytest.mark.parametrize(
    ("url", "fields", "token"),
    [
        (URL + "x", PARAMS, TOKEN),
        (URL.replace("https", "http"), PARAMS, TOKEN),
        (URL.replace("com/", "com:8443/"), PARAMS, TOKEN),
        (URL, PARAMS[1:], TOKEN),
        (URL, [*PARAMS, ("ErrorCode", "30003")], TOKEN),
        (URL, [("MessageStatus", "failed"), *PARAMS[::2]], TOKEN),
        (URL, PARAMS, TOKEN + "6"),
    ],
)
def test_anything_changed_is_refused(url: str, fields: list[tuple[str, str]], token: str) -> None:
    assert not verify_twilio_signature(url, fields, official(URL, PARAMS), token)


@pytest.mark.parametrize(
    "garbage", ["", " ", "é", "\ud800", "=" * 1000, "\x00", "sha1=abc", "ＡＢＣ", "a" * 100_000]
)
def test_garbage_is_refused_and_never_raises(garbage: str) -> None:
    assert not verify_twilio_signature(URL, PARAMS, garbage, TOKEN)


@given(st.text(st.characters()), st.text(st.characters()), st.text(st.characters()))
def test_no_url_field_or_signature_raises(url: str, field: str, signature: str) -> None:
    assert not verify_twilio_signature(url, [(field, "\ud800"), ("a", field)], signature, TOKEN)


def test_a_form_that_went_over_the_wire_passes() -> None:
    fields = [("Body", "1 + 1 = ü & 2"), ("To", "+12025550100")]
    from_wire = parse_qsl(urlencode(fields))
    assert verify_twilio_signature(URL, from_wire, official(URL, fields), TOKEN)
