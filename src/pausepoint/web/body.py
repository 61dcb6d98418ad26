"""Reading a request's body: bounded in size and time, then decoded into its type."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

import msgspec
from starlette.requests import Request

from pausepoint.domain.errors import ValidationFailed
from pausepoint.web.headers import header
from pausepoint.web.request_errors import InvalidJson, PayloadTooLarge, UnsupportedMediaType
from pausepoint.web.waiting import ClientGone

DEPTH_LIMIT: Final = 64
"""How deep JSON may be nested: deeper than any question, and shallow enough to walk."""

DRAINED: Final = 4 * 1024 * 1024
"""So much of a body that is too large is read away: else the client sees a reset, no answer."""

_JSON: Final = "application/json"

_decode_anything = msgspec.json.Decoder().decode


async def read_body(request: Request, limit: int, drained: int = DRAINED) -> bytes:
    """Raises PayloadTooLarge. That a body arrives in time is the server's business (web/server.py)."""
    chunks: list[bytes] = []
    size, is_whole = 0, False
    while not is_whole and size <= drained:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk = message.get("body", b"")
        is_whole = not message.get("more_body", False)
        size += len(chunk)
        if size <= limit:
            chunks.append(chunk)
    if size > limit:
        raise PayloadTooLarge(f"The body is too large: at most {limit} bytes are taken.")
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def check_is_json(request: Request) -> None:
    """Raises UnsupportedMediaType."""
    given = header(request, b"content-type") or ""
    if given != _JSON and given.partition(";")[0].strip().lower() != _JSON:
        raise UnsupportedMediaType


def decode_json(body: bytes, decoder: msgspec.json.Decoder[Any]) -> Any:
    """Raises InvalidJson, ValidationFailed."""
    try:
        decoded = decoder.decode(body)
    except msgspec.ValidationError as error:
        # Said at the first wrong value, before the rest was read: what follows may not be JSON.
        _check_is_whole(body)
        raise ValidationFailed(field_problem(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _why_not_json(body) from None
    except RecursionError:
        raise InvalidJson("The JSON is nested too deeply.") from None
    if body.count(b"[") + body.count(b"{") > DEPTH_LIMIT:
        _refuse_depth(_decode_anything(body))
    if b"\\u0000" in body:
        _refuse_nul(body)
    return decoded


def decode_query(request: Request, query_type: type[Any]) -> Any:
    """Raises ValidationFailed."""
    if not request.scope["query_string"]:
        return query_type()
    given = dict(request.query_params)
    for name, value in given.items():
        if "\0" in value:
            raise ValidationFailed((name, "Must not hold U+0000."))
    try:
        return msgspec.convert(given, query_type, strict=False)
    except msgspec.ValidationError as error:
        raise ValidationFailed(field_problem(error)) from None


def field_problem(error: msgspec.ValidationError) -> tuple[str, str]:
    """msgspec says `Expected …, got … - at `$.field``: the field and the sentence."""
    sentence, _, path = str(error).partition(" - at `$")
    field = path.rstrip("`").lstrip(".")
    if not field and "missing required field" in sentence:
        field = sentence.split("`")[1]
        sentence = "This field is required."
    return field or "body", sentence.rstrip(".") + "."


def fingerprint(body: bytes) -> str:
    """Return a fingerprint that is equal for bodies that decode to equal values."""
    return msgspec.json.encode(_normal(_decode_anything(body)), order="sorted").decode()


def _normal(value: Any) -> Any:
    match value:
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {key: _normal(item) for key, item in value.items()}
        case list():
            return [_normal(item) for item in value]
        case _:
            return value


def _check_is_whole(body: bytes) -> None:
    try:
        _decode_anything(body)
    except msgspec.ValidationError:
        pass  # a number out of range is JSON all the same
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _why_not_json(body) from None
    except RecursionError:
        raise InvalidJson("The JSON is nested too deeply.") from None


def _why_not_json(body: bytes) -> Exception:
    # The fast decoder takes an unpaired surrogate for a truncated body; it is a bad value instead.
    try:
        decoded = json.loads(body.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return InvalidJson()
    _refuse_depth(decoded)
    field = next((name for name, text in _strings(decoded) if not _is_encodable(text)), "body")
    return ValidationFailed((field, "Must not hold an unpaired surrogate."))


def _refuse_depth(decoded: Any) -> None:
    """Level by level: what is deep cannot be walked by recursion."""
    level = [decoded]
    for _ in range(DEPTH_LIMIT):
        level = [inner for item in level for inner in _items(item)]
        if not level:
            return
    raise InvalidJson(f"The JSON is nested more than {DEPTH_LIMIT} deep.")


def _items(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def _refuse_nul(body: bytes) -> None:
    for name, text in _strings(_decode_anything(body)):
        if "\0" in text:
            raise ValidationFailed((name, "Must not hold U+0000."))


def _strings(value: Any, name: str = "body") -> list[tuple[str, str]]:
    """Every string in a decoded body, keys included, under the name of its top-level field."""
    match value:
        case str():
            return [(name, value)]
        case list():
            return [pair for item in value for pair in _strings(item, name)]
        case dict():
            found: list[tuple[str, str]] = []
            for key, item in value.items():
                field = key if name == "body" else name
                found += [(name, key), *_strings(item, field)]
            return found
        case _:
            return []


def _is_encodable(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
