"""`requires_approval`: the function runs with exactly what the person saw, or not at all."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from pausepoint.client import (
    ArgumentsChanged,
    AsyncPausePoint,
    NotShowable,
    Pause,
    PausePoint,
    Rejected,
    TimedOut,
    requires_approval,
)
from pausepoint.client.question import MESSAGE_LIMIT
from tests.client.drivers import Client, Kind, called
from tests.client.person import answers
from tests.client.proxy import Proxy
from tests.e2e.server import Server

pytestmark = pytest.mark.e2e

PHONE = "+15550100199"


class Broke(Exception):
    """What a guarded function may raise."""


@dataclass
class Bank:
    """`done` is what it did, `asked` what the person was asked before."""

    done: list[Any] = field(default_factory=list)
    asked: list[Pause] = field(default_factory=list)


bank = Bank()


def wire(payee: str, amount: int = 100, *tags: str, **more: Any) -> str:
    """Wires money."""
    bank.done.append((payee, amount, tags, more))
    if payee == "nobody":
        raise Broke("no such account")
    return f"{amount} to {payee}"


def pay_all(invoices: list[Any], session: object = None) -> list[Any]:
    bank.done.append((invoices, session))
    return invoices


@pytest.fixture(autouse=True)
def reset() -> None:
    bank.done.clear()
    bank.asked.clear()


def person(proxy: Proxy, choice: str, text: str | None = None) -> None:
    """Sees each question, and answers it so."""
    answered = answers(choice, text)
    proxy.asked = lambda pause: (bank.asked.append(pause), answered(pause))


def test_what_was_approved_runs(through: Client, proxy: Proxy) -> None:
    person(proxy, "Approve")
    guarded = through.guarded(wire, PHONE, timeout=timedelta(hours=1), metadata={"run": 7})

    assert guarded("Meridian", 8400, "urgent", invoice=2281) == "8400 to Meridian"
    assert bank.done == [("Meridian", 8400, ("urgent",), {"invoice": 2281})]
    [asked] = bank.asked
    assert asked.message == (
        'Run wire?\n\npayee: "Meridian"\namount: 8400\ntags: ("urgent")\nmore: {"invoice": 2281}'
    )
    assert asked.options == ("Approve", "Reject")
    assert (asked.allow_text_response, asked.timeout_default) == (True, None)
    assert asked.metadata == {"run": 7}
    assert asked.expires_at - asked.created_at == timedelta(hours=1)


def test_what_was_rejected_does_not_run(through: Client, proxy: Proxy) -> None:
    person(proxy, "Reject", "Use the other account.")
    with pytest.raises(Rejected) as caught:
        through.guarded(wire, PHONE)("Meridian")

    assert bank.done == []
    assert (caught.value.text, caught.value.code) == ("Use the other account.", "REJECTED")
    assert caught.value.pause_id == bank.asked[0].pause_id
    assert "other account" not in str(caught.value)


def test_silence_approves_nothing(through: Client) -> None:
    with pytest.raises(TimedOut):
        through.guarded(wire, PHONE, timeout=timedelta(milliseconds=100))("Meridian")

    assert bank.done == []


def test_the_functions_own_errors_come_through(through: Client, proxy: Proxy) -> None:
    person(proxy, "Approve")
    with pytest.raises(Broke) as caught:
        through.guarded(wire, PHONE)("nobody")

    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_call_that_cannot_be_asks_nobody(through: Client, proxy: Proxy) -> None:
    person(proxy, "Approve")
    guarded: Callable[..., Any] = through.guarded(pay_all, PHONE)
    with pytest.raises(TypeError, match="missing a required argument"):
        guarded()
    with pytest.raises(TypeError, match="unexpected"):
        guarded([], bogus=1)

    assert bank.asked == []


def test_words_of_ones_own_stand_above_the_arguments(through: Client, proxy: Proxy) -> None:
    person(proxy, "Yes")
    guarded = through.guarded(
        wire, PHONE, message="{function}: wire ${amount:,} to {payee}?", approve="Yes", reject="No"
    )
    guarded("Meridian\n\nwire\npayee: someone else", 8400)

    assert bank.asked[0].message == (
        "wire: wire $8,400 to Meridian wire payee: someone else?\n\n"
        'wire\npayee: "Meridian\\n\\nwire\\npayee: someone else"\namount: 8400\ntags: ()\nmore: {}'
    )
    assert bank.asked[0].options == ("Yes", "No")
    for template in ("{nothing}", "{amount", "{0}", "{amount:%%}", "{amount.nothing}"):
        with pytest.raises(NotShowable, match="template"):
            through.guarded(wire, PHONE, message=template)("Meridian")


def test_what_does_not_fit_is_refused_and_not_cut(through: Client, proxy: Proxy) -> None:
    person(proxy, "Approve")
    guarded = through.guarded(pay_all, PHONE)
    frame = len('Run pay_all?\n\ninvoices: [""]\nsession: None')
    longest = ["x" * (MESSAGE_LIMIT - frame)]

    assert guarded(longest) == longest
    assert len(bank.asked[0].message or "") == MESSAGE_LIMIT
    with pytest.raises(NotShowable, match="2001 characters"):
        guarded([longest[0] + "x"])
    with pytest.raises(NotShowable, match="'session' holds a object"):
        guarded([], object())
    assert len(bank.asked) == 1


def test_what_the_person_need_not_see_is_named(through: Client, proxy: Proxy) -> None:
    person(proxy, "Approve")
    session = object()
    through.guarded(pay_all, PHONE, hide=["session"])([1], session)

    assert bank.asked[0].message == "Run pay_all?\n\ninvoices: [1]\nNot shown: session"
    assert bank.done == [([1], session)]
    with pytest.raises(TypeError, match="no such parameter"):
        through.guarded(pay_all, PHONE, hide=["sessoin"])


def test_what_changes_meanwhile_does_not_change_what_runs(through: Client, proxy: Proxy) -> None:
    invoices = [1, [2]]
    person(proxy, "Approve")
    told = proxy.asked

    def meanwhile(pause: Pause) -> None:
        invoices.append(3)
        invoices[1].append(4)  # type: ignore[attr-defined]
        told(pause)

    proxy.asked = meanwhile
    assert through.guarded(pay_all, PHONE)(invoices) == [1, [2]]
    assert invoices == [1, [2, 4], 3]


@dataclass
class Shared:
    """It cannot be copied, so that what was shown can still change."""

    amount: int

    def __deepcopy__(self, memo: object) -> Shared:
        return self


def test_what_changed_although_it_was_copied_does_not_run(through: Client, proxy: Proxy) -> None:
    shared = Shared(1)
    person(proxy, "Approve")
    told = proxy.asked

    def meanwhile(pause: Pause) -> None:
        shared.amount = 1_000_000
        told(pause)

    proxy.asked = meanwhile
    with pytest.raises(ArgumentsChanged):
        through.guarded(pay_all, PHONE)([shared])
    assert bank.done == []


@pytest.mark.parametrize("is_async", [False, True])
def test_without_a_client_the_environment_is_used(
    proxy: Proxy, server: Server, monkeypatch: pytest.MonkeyPatch, is_async: bool
) -> None:
    person(proxy, "Approve")
    decorated = called(asyncio.run, wire, requires_approval(PHONE), is_async=is_async)
    monkeypatch.setenv("PAUSEPOINT_API_KEY", server.test_api_key)
    monkeypatch.setenv("PAUSEPOINT_BASE_URL", proxy.base_url)

    assert decorated("Meridian") == "100 to Meridian"
    assert (decorated.__name__, decorated.__doc__) == ("wire", "Wires money.")
    assert inspect.signature(decorated) == inspect.signature(wire)


def test_methods_are_guarded_too(through: Client, proxy: Proxy, kind: Kind) -> None:
    person(proxy, "Approve")

    class Account:
        if kind == "sync":

            @through.client.requires_approval(PHONE, hide=["self"])  # type: ignore[untyped-decorator]
            def close(self, reason: str) -> str:
                return f"closed: {reason}"

        else:

            @through.client.requires_approval(PHONE, hide=["self"])  # type: ignore[untyped-decorator]
            async def close(self, reason: str) -> str:
                return f"closed: {reason}"

    closed = through.run(Account().close("fraud"))

    assert closed == "closed: fraud"
    assert bank.asked[0].message == 'Run close?\n\nreason: "fraud"\nNot shown: self'


def test_the_wrong_kind_of_function_is_refused_when_it_is_decorated() -> None:
    async def is_async() -> None: ...

    def generator() -> Iterator[int]:
        yield 1

    blocking, awaiting = PausePoint("pp_test_x"), AsyncPausePoint("pp_test_x")
    for client, function in ((blocking, is_async), (awaiting, wire)):
        with pytest.raises(TypeError, match="requires_approval"):
            client.requires_approval(PHONE)(function)
    with pytest.raises(TypeError, match="not generators"):
        requires_approval(PHONE)(generator)
