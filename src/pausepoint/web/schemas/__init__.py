"""The JSON that travels, one file a URL prefix; what all of them share is here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Protocol, TypeVar

from msgspec import Meta, Struct

from pausepoint.domain.delivery import Attempt
from pausepoint.domain.time import Instant, to_rfc3339


def described(text: str) -> Meta:
    return Meta(description=text)


def shaped(text: str, **schema: Any) -> Meta:
    """Describe a field by keywords of JSON Schema that are checked elsewhere, with codes of their own."""
    return Meta(description=text, extra_json_schema=schema)


def one_of(values: Iterable[str], text: str = "") -> Meta:
    return Meta(description=text or None, extra_json_schema={"enum": [*values]})


Timestamp = Annotated[
    str,
    Meta(
        description="RFC 3339, UTC.",
        examples=["2026-11-22T18:00:00Z"],
        extra_json_schema={"format": "date-time"},
    ),
]
Limit = Annotated[int, Meta(ge=1, le=100)]
Offset = Annotated[int, Meta(ge=0, le=2**53)]


class ErrorBody(Struct, kw_only=True):
    """The body of every error."""

    error: Annotated[str, described("A code that programs can rely on.")]
    message: Annotated[str, described("What happened and what to do, for people.")]
    status_code: int


class FieldProblem(Struct):
    field: str
    message: str


class ValidationErrorBody(ErrorBody, kw_only=True):
    """With 422: what is wrong with which field."""

    detail: list[FieldProblem] = []


class PageQuery(Struct, kw_only=True):
    limit: Limit = 20
    offset: Offset = 0


class AttemptBody(Struct, kw_only=True):
    number: int
    at: Timestamp
    outcome: str
    code: str | None


T = TypeVar("T")


class Paged(Protocol):
    """A query for a page of a list."""

    limit: int
    offset: int


def page_of(found: Sequence[T], query: Paged) -> tuple[Sequence[T], dict[str, Any]]:
    """What to show, and the fields that say where it stands.

    `found` holds one more than was asked for, where there are more.
    """
    place = {
        "limit": query.limit,
        "offset": query.offset,
        "has_more": len(found) > query.limit,
    }
    return found[: query.limit], place


def optional_time(instant: Instant | None) -> str | None:
    return None if instant is None else to_rfc3339(instant)


def attempt_body(attempt: Attempt) -> AttemptBody:
    return AttemptBody(
        number=attempt.number,
        at=to_rfc3339(attempt.at),
        outcome=attempt.outcome,
        code=attempt.code,
    )
