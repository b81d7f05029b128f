"""The addresses of the issuing window, under /manage/."""

from __future__ import annotations

from django.urls import path

from piaoju.manage.window import deliveries, drafts, pages, reviews

urlpatterns = [
    path("window", pages.window, name="manage-window"),
    path("window/items", pages.items, name="manage-window-items"),
    path("window/preview.png", pages.preview, name="manage-window-preview"),
    path("window/here", pages.here, name="manage-window-here"),
    path("window/signed-in", pages.signed_in, name="manage-window-signed-in"),
    path("window/last-payer", pages.last_payer, name="manage-window-last-payer"),
    path("window/print/<str:code>/<str:number>", pages.print_now, name="manage-window-print"),
    path("drafts", drafts.drafts, name="manage-drafts"),
    path("drafts/<int:draft_id>", drafts.one, name="manage-draft"),
    path("reviews", reviews.reviews, name="manage-reviews"),
    path("reviews/<int:draft_id>", reviews.one, name="manage-review"),
    path("reviews/<int:draft_id>/<int:page>.png", reviews.picture, name="manage-review-picture"),
    path("review-rule", reviews.rule, name="manage-review-rule"),
    path("deliveries", deliveries.deliveries, name="manage-deliveries"),
    path(
        "deliveries/<str:unit_code>/<int:asked>/<str:bill_code>/<str:bill_number>/<str:channel>", deliveries.again,
        name="manage-delivery",
    ),
]  # fmt: skip
