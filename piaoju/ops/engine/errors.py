"""Why the embedded database cannot run, each with its remedy."""

from __future__ import annotations

from piaoju.kit.errors import Refused, Unavailable


class EngineRefused(Refused):
    """Something here must be changed by a person before the database can run."""

    code = "database_refused"
    label = "数据库不能启动"


class EngineUnavailable(Unavailable):
    """The database did not come up, or went away; its log says why."""

    code = "engine_unavailable"
    label = "数据库没有启动"
