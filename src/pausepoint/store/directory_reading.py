"""The reads of `Directory`, for both engines."""

from __future__ import annotations

from typing import Any

from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Contact
from pausepoint.domain.recipients import Mute, Recipient
from pausepoint.security.sealed import Seal
from pausepoint.store import recipients as rows
from pausepoint.store.engine import Engine


class DirectoryReading(Engine):
    """The reads of `Directory`."""

    _seal: Seal

    async def recipient(self, recipient_id: str) -> Recipient | None:
        return self._recipient(await self._one(rows.GET, (recipient_id,)))

    async def recipient_at(
        self, developer_id: str, mode: Mode, contact: Contact
    ) -> Recipient | None:
        key = rows.address_key(developer_id, mode, contact, self._seal)
        return self._recipient(await self._one(rows.GET_AT, (key,)))

    async def recipients(
        self, developer_id: str, mode: Mode, limit: int, offset: int
    ) -> list[Recipient]:
        parameters = (developer_id, mode.value, limit, offset)
        return await self._list(
            rows.LIST, parameters, lambda row: rows.recipient_from_row(row, self._seal)
        )

    async def mute(self, developer_id: str, mode: Mode, contact: Contact) -> Mute | None:
        for key in rows.mute_keys(developer_id, mode, contact, self._seal):
            if row := await self._one(rows.GET_MUTE, (key,)):
                return rows.mute_from_row(row, self._seal)
        return None

    async def is_muted(self, developer_id: str, mode: Mode, contact: Contact) -> bool:
        return await self.mute(developer_id, mode, contact) is not None

    async def mutes(self) -> list[Mute]:
        return await self._list(
            rows.LIST_MUTES, (), lambda row: rows.mute_from_row(row, self._seal)
        )

    async def count_waiting(self, developer_id: str, contact: Contact) -> int:
        key = rows.person_key(developer_id, Mode.LIVE, contact, self._seal)
        row = await self._one(rows.COUNT_WAITING, (key,))
        return row[0] if row else 0

    def _recipient(self, row: Any) -> Recipient | None:
        return rows.recipient_from_row(row, self._seal) if row else None
