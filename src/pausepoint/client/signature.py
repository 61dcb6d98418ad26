"""Set the signature that `help` shows for a method built from steps: `self`, and its result."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Final, TypeVar

from pausepoint.client.question import Details

C = TypeVar("C", bound=Callable[..., Any])


def shown_signature(method: C, steps: Callable[..., Any]) -> C:
    signature = inspect.signature(steps)
    policy, *others = [each for given in signature.parameters.values() for each in _unpacked(given)]
    result = str(signature.return_annotation).removeprefix("Steps[").removesuffix("]")
    format_arguments = signature.replace(
        parameters=[policy.replace(name="self", annotation=inspect.Parameter.empty), *others],
        return_annotation=result,
    )
    method.__signature__ = format_arguments  # type: ignore[attr-defined]
    method.__name__ = steps.__name__.partition("_")[0]  # list_pauses is a client's `list`
    return method


def _unpacked(parameter: inspect.Parameter) -> list[inspect.Parameter]:
    """Expand `**details` into its keywords (PEP 692)."""
    if parameter.kind is not inspect.Parameter.VAR_KEYWORD:
        return [parameter]
    return [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=False if annotation == "bool" else None,
            annotation=annotation,
        )
        for name, annotation in _ANNOTATIONS.items()
    ]


_ANNOTATIONS: Final = {
    name: getattr(annotation, "__forward_arg__", annotation)
    for name, annotation in Details.__annotations__.items()
}
