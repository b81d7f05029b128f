"""What the ledger refuses, and what to do then."""

from __future__ import annotations

from piaoju.kit.errors import NotFound, Refused, Unavailable


class PeriodInvalid(Refused):
    """A period that ends before it begins."""

    code = "period_invalid"
    label = "起止时间有误：止必须晚于起（含起不含止），请改正后再查"


class DimensionUnknown(Refused):
    """A dimension nobody can group by."""

    code = "dimension_unknown"
    label = "不能按此分组，可用：unit, bill_type, item, region, actor, month, day, hour"


class NotInLog(NotFound):
    """A leaf that has no place in the log, or not at that size."""

    code = "not_in_log"
    label = "日志中还没有这一笔：刚发生的事几秒后入日志，请稍后再查"


class LogInconsistent(Unavailable):
    """The log is not what was signed: nothing more is signed until a person has looked."""

    code = "log_inconsistent"
    label = "日志与已签的检查点不一致，已停止签发检查点；请运行 piaoju fsck 查明原因"
