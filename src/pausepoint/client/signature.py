"""What `help` shows of a method that is made of steps: `self`, and the result instead of the steps."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

C = TypeVar("C", bound=Callable[..., Any])


def shown_signature(method: C, steps: Callable[..., Any]) -> C:
    signature = inspect.signature(steps)
    policy, *others = signature.parameters.values()
    result = str(signature.return_annotation).removeprefix("Steps[").removesuffix("]")
    shown = signature.replace(
        parameters=[policy.replace(name="self", annotation=inspect.Parameter.empty), *others],
        return_annotation=result,
    )
    method.__signature__ = shown  # type: ignore[attr-defined]
    method.__name__ = steps.__name__.partition("_")[0]  # list_pauses is a client's `list`
    return method
