"""`requires_approval`: a function that runs only with arguments that a person has seen and approved."""

from __future__ import annotations

import copy
import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, ParamSpec, Protocol, TypeVar

from msgspec import Struct

from pausepoint.client.answer import Answer
from pausepoint.client.errors import ArgumentsChanged, NotShowable, Rejected
from pausepoint.client.format_arguments import format_arguments
from pausepoint.client.question import MESSAGE_LIMIT
from pausepoint.client.results import Fallback

P = ParamSpec("P")
R = TypeVar("R")


class Decorator(Protocol):
    """A decorator that keeps the function's signature."""

    def __call__(self, function: Callable[P, R], /) -> Callable[P, R]: ...


class Approval(Struct, frozen=True):
    """Who is asked before a function runs, and how. `hide` names arguments that they need not see."""

    recipient: str
    channel: str | None
    message: str | None
    timeout: timedelta | None
    metadata: Mapping[str, Any] | None
    remind_after: timedelta | None
    fallback: Sequence[str | Fallback] | None
    approve: str
    reject: str
    hide: frozenset[str]

    def question(self, call: Call) -> dict[str, Any]:
        """Return the arguments of `ask`, without a default: silence approves nothing."""
        return {
            "recipient": self.recipient,
            "message": call.message,
            "options": [self.approve, self.reject],
            "channel": self.channel,
            "timeout": self.timeout,
            "metadata": self.metadata,
            "remind_after": self.remind_after,
            "fallback": self.fallback,
            "allow_text": True,
        }

    def __repr__(self) -> str:
        return "Approval()"


class Approving(ABC):
    """`requires_approval` of both clients, and of the function that reads the environment."""

    def requires_approval(
        self,
        recipient: str,
        *,
        channel: str | None = None,
        message: str | None = None,
        timeout: timedelta | None = None,
        metadata: Mapping[str, Any] | None = None,
        remind_after: timedelta | None = None,
        fallback: Sequence[str | Fallback] | None = None,
        approve: str = "Approve",
        reject: str = "Reject",
        hide: Collection[str] = (),
    ) -> Decorator:
        """Let a function run only after a person has seen its name and arguments, and approved.

        The function runs with copies of exactly those arguments; what it raises comes through
        untouched. `message` stands above them: a format string with the arguments' names, such as
        "Wire ${amount} to {payee}?". `hide` names arguments that the person need not see. Silence
        approves nothing. Raises Rejected, which has the person's note; TimedOut; NotShowable,
        before a question is sent, where the arguments cannot be shown as a whole; and the errors
        of `ask`.
        """
        approval = Approval(
            recipient=recipient,
            channel=channel,
            message=message,
            timeout=timeout,
            metadata=metadata,
            remind_after=remind_after,
            fallback=fallback,
            approve=approve,
            reject=reject,
            hide=frozenset(hide),
        )

        def decorate(function: Callable[P, R], /) -> Callable[P, R]:
            return self._guard(function, approval)

        return decorate

    @abstractmethod
    def _guard(self, function: Callable[P, R], approval: Approval) -> Callable[P, R]: ...


class Call:
    """One call that waits for a person: its arguments are private copies."""

    def __init__(
        self, function: Callable[..., Any], approval: Approval, bound: inspect.BoundArguments
    ) -> None:
        """Raises NotShowable."""
        self._approval = approval
        self._bound = bound
        format_arguments(self._visible_arguments())
        bound.arguments.update(copy.deepcopy(self._visible_arguments()))
        self._shown = format_arguments(self._visible_arguments())
        self.message = _message(function, approval, bound, self._shown)

    @property
    def args(self) -> tuple[Any, ...]:
        return tuple(self._bound.args)

    @property
    def kwargs(self) -> dict[str, Any]:
        return dict(self._bound.kwargs)

    def admit(self, answer: Answer) -> None:
        """Return if the function may run. Raises Rejected, ArgumentsChanged."""
        if not answer.is_(self._approval.approve):
            raise Rejected(
                "The person did not approve, so the function did not run; their note is in `text`.",
                text=answer.text,
                pause_id=answer.pause_id,
            )
        if format_arguments(self._visible_arguments()) != self._shown:
            raise ArgumentsChanged(
                "The arguments are no longer those that the person saw, so the function did not run."
            )

    def _visible_arguments(self) -> dict[str, Any]:
        hidden = self._approval.hide
        return {n: value for n, value in self._bound.arguments.items() if n not in hidden}


def prepared(
    function: Callable[..., Any],
    approval: Approval,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
) -> Call:
    """Bind the arguments. Raises TypeError as the function would, NotShowable if they cannot be shown."""
    bound = inspect.signature(function).bind(*args, **kwargs)
    bound.apply_defaults()
    return Call(function, approval, bound)


def check_function(function: Callable[..., Any], approval: Approval) -> None:
    """Raises TypeError for what cannot be guarded, or a name in `hide` that is no parameter."""
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise TypeError("requires_approval guards functions, not generators.")
    unknown = approval.hide - set(inspect.signature(function).parameters)
    if unknown:
        raise TypeError(f"hide names {', '.join(sorted(unknown))}: there is no such parameter.")


def is_async(function: Callable[..., Any]) -> bool:
    return inspect.iscoroutinefunction(function)


def _message(
    function: Callable[..., Any],
    approval: Approval,
    bound: inspect.BoundArguments,
    arguments: str,
) -> str:
    name = getattr(function, "__name__", type(function).__name__)
    first = f"Run {name}?" if approval.message is None else _fill(approval.message, bound, name)
    hidden = f"Not shown: {', '.join(sorted(approval.hide))}" if approval.hide else ""
    heading = "" if approval.message is None else name
    parts = [heading, arguments or "(no arguments)", hidden]
    message = f"{first}\n\n" + "\n".join(part for part in parts if part)
    if len(message) > MESSAGE_LIMIT:
        raise NotShowable(
            f"With its arguments the question has {len(message)} characters, and a person is shown"
            f" at most {MESSAGE_LIMIT}. Nobody was asked."
        )
    return message


def _fill(template: str, bound: inspect.BoundArguments, name: str) -> str:
    """Fill the template, each text on one line, so that none imitates the list of arguments below."""
    values = {
        parameter: " ".join(value.split()) if isinstance(value, str) else value
        for parameter, value in bound.arguments.items()
    }
    try:
        return template.format_map({"function": name, **values})
    except (KeyError, IndexError, AttributeError, ValueError, TypeError) as error:
        raise NotShowable(
            f"The message template does not fit the arguments: {type(error).__name__}."
        ) from None
