"""The erasable content of a pause: question, answer and action, each encrypted in its own row."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import msgspec
from msgspec import Struct

from pausepoint.domain.action import Action
from pausepoint.domain.pause import Callback, Contact, Content, Pause
from pausepoint.security.sealed import Seal
from pausepoint.store.statements import Insert, Order, Query, RowStatement, Write, scalar

INSERT_CONTENT: Final = RowStatement(
    "insert_content", Insert("contents", ("pause_id", "part", "sealed")), order=Order.CHILD
)
INSERT_ACTION: Final = RowStatement(
    "insert_action", Insert("actions", ("pause_id", "sealed")), order=Order.CHILD
)
# Read after the pause, which may have been erased in between: then there is none.
GET_ACTION: Final = Query(
    "action",
    "SELECT a.sealed FROM actions a WHERE a.pause_id = ? AND EXISTS (SELECT 1 FROM contents c"
    " WHERE c.pause_id = a.pause_id AND c.part = 'question' AND c.erased = 0)",
    scalar,
)

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


def insert_question(pause_id: str, content: Content, seal: Seal) -> list[Write]:
    action = content.action
    question = _SealedQuestion(
        content.recipient,
        content.message,
        content.options,
        content.metadata,
        content.callback,
        content.fallback,
        _SealedAction(action.tool, action.sha256) if action else None,
    )
    writes = [_insert(pause_id, "question", _encode(question), seal)]
    if action is not None:
        assert action.arguments_json is not None
        sealed = seal.seal(action.arguments_json, f"{pause_id}/action")
        writes.append(Write(INSERT_ACTION, (pause_id, sealed)))
    return writes


def insert_answer(pause_id: str, text: str, seal: Seal) -> Write:
    return _insert(pause_id, "answer", text.encode(), seal)


def _insert(pause_id: str, part: str, plain: bytes, seal: Seal) -> Write:
    return Write(INSERT_CONTENT, (pause_id, part, seal.seal(plain, f"{pause_id}/{part}")))


def with_arguments(pause: Pause, sealed: bytes, seal: Seal) -> Pause:
    """Return the pause with its action's arguments, decrypted from `sealed`."""
    assert pause.content is not None
    assert pause.content.action is not None
    arguments = seal.unseal(sealed, f"{pause.pause_id}/action")
    action = replace(pause.content.action, arguments_json=arguments)
    return replace(pause, content=replace(pause.content, action=action))


class _SealedAction(Struct):
    """The arguments are encrypted in a row of their own: lists of pauses do not read them."""

    tool: str
    sha256: str


class _SealedQuestion(Struct, omit_defaults=True):
    """The encrypted part of a question, by name: a new field needs a default, since old rows lack it."""

    recipient: str
    message: str
    options: tuple[str, ...]
    metadata: dict[str, Any] | None = None
    callback: Callback | None = None
    fallback: tuple[Contact, ...] = ()
    action: _SealedAction | None = None


_decode_question = msgspec.json.Decoder(_SealedQuestion).decode
_OLD_DEFAULTS: Final = (None, (), None)


def decode_content(pause_id: str, question: bytes, answer: bytes | None, seal: Seal) -> Content:
    plain = seal.unseal(question, f"{pause_id}/question")
    found = _positional_question(plain) if plain.startswith(b"[") else _decode_question(plain)
    return Content(
        found.recipient,
        found.message,
        found.options,
        found.metadata,
        seal.unseal(answer, f"{pause_id}/answer").decode() if answer else None,
        found.callback,
        found.fallback,
        Action(found.action.tool, found.action.sha256) if found.action else None,
    )


def _positional_question(plain: bytes) -> _SealedQuestion:
    """Read the first format of encrypted questions: a list of 4, 6 or 7 places."""
    recipient, message, options, metadata, *more = _decode(plain)
    given: tuple[Any, ...] = (*more, *_OLD_DEFAULTS[len(more) :])
    callback, fallback, action = given
    return _SealedQuestion(
        recipient,
        message,
        tuple(options),
        metadata,
        Callback(*callback) if callback else None,
        tuple(Contact(*contact) for contact in fallback),
        _SealedAction(*action) if action else None,
    )
