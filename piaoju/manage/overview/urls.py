"""The addresses of 总览, 上线率 and 通报."""

from __future__ import annotations

from django.urls import URLPattern, path

from piaoju.manage.overview import coverage

urlpatterns: list[URLPattern] = [
    path("coverage", coverage.coverage, name="manage-coverage"),
    path("coverage/boundary", coverage.boundary_file, name="manage-coverage-boundary"),
    path("coverage/<str:region>", coverage.coverage, name="manage-coverage-region"),
]
