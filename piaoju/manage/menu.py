"""The left menu, in one place: what there is, and which act lets a person see it. A page is added by one line here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from piaoju.identity import rights
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: its words, the name of its url, and the acts of which one is enough to see it (none: everybody)."""

    label: str
    url: str
    acts: tuple[Act, ...] = ()


MENU: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    ("今天", (Entry("待办", "manage-home"),)),
    ("总览", (
        Entry("总览", "manage-overview", (Act.READ_TOTALS,)),
        Entry("上线率", "manage-coverage", (Act.READ_REGISTRY,)),
        Entry("通报", "manage-bulletins", (Act.READ_TOTALS,)),
    )),
    ("票据", (
        Entry("票据查询", "manage-bills", (Act.READ_BILLS,)),
        Entry("冲红申请", "manage-reversals", (Act.REVERSE_BILL, Act.DECIDE_REVERSAL)),
        Entry("打印与下载", "manage-downloads", (Act.DOWNLOAD_BILLS,)),
    )),
    ("开具", (
        Entry("开票窗口", "manage-window", (Act.ISSUE_BILL,)),
        Entry("批量开票", "manage-batches", (Act.ISSUE_BATCH,)),
        Entry("草稿", "manage-drafts", (Act.ISSUE_BILL,)),
        Entry("复核", "manage-reviews", (Act.REVIEW_DRAFT,)),
        Entry("推送记录", "manage-deliveries", (Act.SEND_BILL,)),
        Entry("开票复核", "manage-review-rule", (Act.SET_REVIEW_RULE,)),
    )),
    ("登记", (
        Entry("单位", "manage-units", (Act.READ_REGISTRY,)),
        Entry("单位上线", "manage-onboarding", (Act.READ_REGISTRY,)),
        Entry("批量登记", "manage-imports", (Act.IMPORT_UNITS,)),
        Entry("证书和印章", "manage-certificates", (Act.SUBMIT_CERTIFICATE,)),
        Entry("核准", "manage-authorizations", (Act.READ_REGISTRY,)),
        Entry("票据种类", "manage-bill-types", (Act.READ_REGISTRY,)),
        Entry("票种申请", "manage-proposals", (Act.DECIDE_BILL_TYPE,)),
        Entry("收费项目", "manage-items", (Act.READ_REGISTRY,)),
        Entry("行政区划", "manage-regions", (Act.MOVE_REGION,)),
        Entry("停开", "manage-suspensions", (Act.READ_REGISTRY,)),
        Entry("数据质量", "manage-quality", (Act.READ_REGISTRY,)),
    )),
    ("号码", (
        Entry("申领", "manage-stock-requisitions", (Act.READ_STOCK,)),
        Entry("向上级申领", "manage-stock-requisition-from-above", (Act.SUBMIT_DEPARTMENT_REQUISITION,)),
        Entry("号段", "manage-stock-segments", (Act.READ_STOCK,)),
        Entry("作废、遗失、销毁", "manage-stock-disposals", (Act.READ_STOCK,)),
        Entry("号码流转", "manage-stock-movements", (Act.READ_STOCK,)),
        Entry("查一个号码", "manage-stock-number", (Act.READ_STOCK,)),
        Entry("赋码", "manage-stock-opening", (Act.OPEN_NUMBERS,)),
        Entry("向下级分发", "manage-stock-distribution", (Act.DISTRIBUTE_NUMBERS,)),
        Entry("申领限量", "manage-stock-limit", (Act.SET_REQUISITION_LIMIT,)),
        Entry("自动补号", "manage-stock-top-up", (Act.SET_TOP_UP,)),
    )),
    (
        "人员与权限",
        (
            Entry("操作员", "manage-people", (Act.READ_OPERATORS,)),
            Entry("任职", "manage-appointments", (Act.READ_OPERATORS,)),
            Entry("UKEY", "manage-ukeys", (Act.READ_OPERATORS,)),
            Entry("会话", "manage-sessions", (Act.END_SESSIONS,)),
        ),
    ),
    ("审计", (Entry("审计记录", "manage-audit", (Act.READ_AUDIT,)),)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as one person sees it."""

    label: str
    address: str
    current: bool
    count: int = 0


def lines(actor: OperatorActor, path: str, counts: dict[str, int] | None = None) -> list[tuple[str, list[Line]]]:
    """The sections and lines this person may open; the one that holds this path is the current one."""
    shown = [
        (section, [(entry, reverse(entry.url)) for entry in entries if _may(actor, entry.acts)]) for section, entries in MENU
    ]
    here = _current(path, [address for _, entries in shown for _, address in entries])
    return [
        (section, [Line(e.label, address, address == here, (counts or {}).get(e.url, 0)) for e, address in entries])
        for section, entries in shown
        if entries
    ]


def _may(actor: OperatorActor, acts: Iterable[Act]) -> bool:
    acts = tuple(acts)
    return not acts or any(rights.may_anywhere(actor, act) for act in acts)


def _current(path: str, addresses: list[str]) -> str:
    """The longest address that the path lies under."""
    holding = [address for address in addresses if path == address or path.startswith(address.rstrip("/") + "/")]
    return max(holding, key=len, default="")
