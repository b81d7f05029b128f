"""The one list component. Declare a list once; conditions, chips, sums, paging, views, export and print follow.

    UNITS = lists.ListPage(
        name="units", title="单位", noun="家", help="units", crumbs=("登记",),
        rows=rows_of_units,                        # (OperatorActor, kit.listing.Asked) -> kit.listing.Found[UnitRow]
        key=lambda row: row.code,
        columns=(
            lists.code("code", "统一社会信用代码", link=lambda row: f"/manage/units/{row.code}"),
            lists.text("name", "单位名称", wide=True),
            lists.state("stage", "阶段", {"online": ("已上线", "done"), "stuck": ("卡住", "stuck")}),
            lists.day("valid_from", "启用日期"),
            lists.yuan("total_fen", "票面金额", total="total_fen"),
        ),
        filters=(
            lists.TextFilter("name", "单位名称"),
            lists.ChoiceFilter("industry", "行业类型", (("medical", "医疗"), ("other", "其他"))),
            lists.YuanFilter("total_fen", "票面金额"),
            lists.DayFilter("valid_from", "启用日期"),
        ),
        sort="code",                               # the list's own order; "-valid_from" is descending
        views=(lists.View("卡住的", "stage=stuck"),),
        acts=(lists.BulkAct("发放", "/manage/allot", irreversible=True),),
        empty="还没有登记单位。可以逐家登记，也可以一次导入一个县的单位",
        make=("登记单位", "/manage/units/new"),
    )

    @frame.view(Act.READ_UNITS)
    def units(request): return lists.answer(request, UNITS)

`rows` asks the room: declare a `kit.listing.Source` in its queries and call `kit.listing.find` with a scope predicate. The
names of columns' sorts and of filters are names of the source's fields. A bulk act's page calls `lists.chosen(request, UNITS)`.
Shapes of states: done, wait, going, turned, back (red bills only), stuck, void.
"""

from __future__ import annotations

from piaoju.manage.lists.address import read
from piaoju.manage.lists.choosing import Chosen, chosen
from piaoju.manage.lists.columns import Cell, Column, code, count, day, instant, state, text, yuan
from piaoju.manage.lists.declared import Apart, BulkAct, ListPage, View
from piaoju.manage.lists.filters import (
    BranchFilter,
    ChoiceFilter,
    CodeFilter,
    CodeOnlyFilter,
    CountFilter,
    DayFilter,
    Filter,
    InstantFilter,
    NameFilter,
    TextFilter,
    UnderFilter,
    YuanFilter,
)
from piaoju.manage.lists.shown import answer, chips

__all__ = [
    "Apart", "BranchFilter", "BulkAct", "Cell", "ChoiceFilter", "Chosen", "CodeFilter", "CodeOnlyFilter", "Column",
    "CountFilter", "DayFilter", "Filter", "InstantFilter", "ListPage", "NameFilter", "TextFilter", "UnderFilter", "View",
    "YuanFilter", "answer", "chips", "chosen", "code", "count", "day", "instant", "read", "state", "text", "yuan",
]  # fmt: skip
