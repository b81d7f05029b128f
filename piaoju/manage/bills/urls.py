"""The addresses of the pages about bills."""

from __future__ import annotations

from django.urls import path

from piaoju.manage.bills import listing

urlpatterns = [
    path("bills", listing.bills, name="manage-bills"),
]
