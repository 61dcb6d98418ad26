"""A name server of ours, over UDP: it lies, changes its mind and takes its time as it is told."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_address
from threading import Event, Thread
from types import TracebackType
from typing import Final, Self, TypeAlias

CapacityLimiter: TypeAlias = Sequence[Sequence[str]]
"""What the first question for a name's addresses gets, the second, …; the last one repeats.

Each is a row of addresses; another name in it is an alias, to which the rest belongs.
"""

_ADDRESS_4, _ALIAS, _ADDRESS_6 = 1, 5, 28
_KINDS: Final = {4: _ADDRESS_4, 6: _ADDRESS_6}
_INTERNET: Final = 1
_AN_ANSWER, _NO_SUCH_NAME = 0x8580, 0x8583
_STOP: Final = b""


class NameServer:
    """`asked` holds each question for an IPv4 address, in order. Names in `held` wait for the event."""

    def __init__(
        self,
        names: Mapping[str, CapacityLimiter],
        held: Mapping[str, Event] | None = None,
        address: tuple[str, int] = ("127.0.0.1", 53),
    ) -> None:
        self._names, self._held = names, held or {}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(address)
        self._thread = Thread(target=self._serve)
        self._turns: dict[tuple[str, int], int] = {}
        self.asked: list[str] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.sendto(_STOP, self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while query := self._socket.recvfrom(4096):
            asked, client = query
            if asked == _STOP:
                return
            name, kind, question = _question(asked)
            reply = self._reply(asked[:2], name, kind, question)
            if name in self._held:
                Thread(target=self._later, args=(name, reply, client), daemon=True).start()
            else:
                self._socket.sendto(reply, client)

    def _later(self, name: str, reply: bytes, client: tuple[str, int]) -> None:
        self._held[name].wait()
        self._socket.sendto(reply, client)

    def _reply(self, number: bytes, name: str, kind: int, question: bytes) -> bytes:
        turns = self._names.get(name)
        if turns is None:
            return _head(number, _NO_SUCH_NAME, 0) + question
        if kind == _ADDRESS_4:
            self.asked.append(name)
        turn = self._turns.get((name, kind), 0)
        self._turns[name, kind] = turn + 1
        records = list(_records(name, kind, turns[min(turn, len(turns) - 1)]))
        return _head(number, _AN_ANSWER, len(records)) + question + b"".join(records)


def _question(message: bytes) -> tuple[str, int, bytes]:
    """The name, the kind of record, and the bytes that ask for it."""
    at, labels = 12, []
    while length := message[at]:
        labels.append(message[at + 1 : at + 1 + length].decode("ascii").lower())
        at += 1 + length
    (kind,) = struct.unpack_from("!H", message, at + 1)
    return ".".join(labels), kind, message[12 : at + 5]


def _head(number: bytes, flags: int, answers: int) -> bytes:
    return number + struct.pack("!HHHHH", flags, 1, answers, 0, 0)


def _records(owner: str, kind: int, row: Iterable[str]) -> Iterable[bytes]:
    """Valid for no second: whoever keeps one keeps it too long."""
    for each in row:
        try:
            address = ip_address(each)
        except ValueError:
            yield _record(owner, _ALIAS, _spelled(each))
            owner = each
        else:
            if _KINDS[address.version] == kind:
                yield _record(owner, kind, address.packed)


def _record(owner: str, kind: int, value: bytes) -> bytes:
    return _spelled(owner) + struct.pack("!HHIH", kind, _INTERNET, 0, len(value)) + value


def _spelled(name: str) -> bytes:
    labels = (label.encode("ascii") for label in name.split("."))
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
