"""Why a backup cannot be made, or is not one."""

from __future__ import annotations

from piaoju.kit.errors import Refused


class ArchiveRefused(Refused):
    """The backup cannot be written or restored as asked."""

    code = "backup_refused"
    label = "备份或恢复没有完成"
