"""The audit log."""

from __future__ import annotations

from typing import Final

from pausepoint.domain.scopes import Scope
from pausepoint.web.api import audit
from pausepoint.web.endpoint import Endpoint
from pausepoint.web.schemas.audit import AuditList, AuditQuery

ENDPOINTS: Final = (
    Endpoint(
        method="GET",
        path="/v1/audit",
        handler=audit.list_all,
        operation_id="listAuditEntries",
        summary="Read the audit log, newest first",
        tag="Audit",
        scope=Scope.AUDIT_READ,
        query=AuditQuery,
        response=AuditList,
    ),
)
