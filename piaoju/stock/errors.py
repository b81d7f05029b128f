"""What the stock refuses."""

from __future__ import annotations

from piaoju.kit import errors


class StockExhausted(errors.Refused):
    code = "stock_exhausted"
    label = "可用号码不足。请先向财政部门申领号码，发放后再开具"


class SegmentOverlaps(errors.Conflict):
    code = "segment_overlaps"
    label = "号段与已发放的号段重叠。请改用还没有发放过的号码"


class ClockBehind(errors.Unavailable):
    code = "clock_behind"
    label = "服务器时钟早于本单位上一张票据的时间。请先校准时钟再开具"
