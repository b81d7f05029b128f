"""The addresses of stock, under /manage/stock/."""

from __future__ import annotations

from django.urls import path

from piaoju.manage.stock import disposals, giving, history, requisitions, segments

urlpatterns = [
    path("stock/segments", segments.segments, name="manage-stock-segments"),
    path("stock/segments/<int:segment_id>", segments.segment, name="manage-stock-segment"),
    path("stock/segments/<int:segment_id>/return", segments.give_back, name="manage-stock-return"),
    path("stock/segments/<int:segment_id>/loss", segments.lose, name="manage-stock-loss"),
    path("stock/segments/<int:segment_id>/void", segments.void, name="manage-stock-void"),
    path("stock/segments/<int:segment_id>/destruction", segments.destruction, name="manage-stock-destruction"),
    path("stock/requisitions", requisitions.requisitions, name="manage-stock-requisitions"),
    path("stock/requisitions/new", requisitions.new, name="manage-stock-requisition-new"),
    path("stock/requisitions/from-above", requisitions.new_from_above, name="manage-stock-requisition-from-above"),
    path("stock/requisitions/allot", requisitions.give_chosen, name="manage-stock-allot-chosen"),
    path("stock/requisitions/<int:requisition_id>", requisitions.one, name="manage-stock-requisition"),
    path("stock/requisitions/<int:requisition_id>/review", requisitions.review, name="manage-stock-review"),
    path("stock/requisitions/<int:requisition_id>/allot", requisitions.give, name="manage-stock-allot"),
    path("stock/requisitions/<int:requisition_id>/withdraw", requisitions.withdraw, name="manage-stock-withdraw"),
    path("stock/movements", history.movements, name="manage-stock-movements"),
    path("stock/numbers", history.number, name="manage-stock-number"),
    path("stock/disposals", disposals.disposals, name="manage-stock-disposals"),
    path("stock/disposals/<int:disposal_id>", disposals.one, name="manage-stock-disposal"),
    path("stock/disposals/<int:disposal_id>/notice", disposals.notice, name="manage-stock-notice"),
    path("stock/disposals/<int:disposal_id>/decide", disposals.decide, name="manage-stock-decide"),
    path("stock/opening", giving.opening, name="manage-stock-opening"),
    path("stock/distribution", giving.distribution, name="manage-stock-distribution"),
    path("stock/limits", giving.limit, name="manage-stock-limit"),
    path("stock/top-ups", giving.top_up, name="manage-stock-top-up"),
]
