"""The addresses of 总览, 上线率 and 通报."""

from __future__ import annotations

from django.urls import URLPattern, path

from piaoju.manage.overview import bulletins, coverage, facts, history, pages

urlpatterns: list[URLPattern] = [
    path("overview", pages.overview, name="manage-overview"),
    path("overview/facts", facts.facts, name="manage-facts"),
    path("overview/regions/<str:region>", pages.overview, name="manage-overview-region"),
    path("overview/units/<str:unit>", pages.overview, name="manage-overview-unit"),
    path("overview/units/<str:unit>/history", history.history, name="manage-unit-history"),
    path("bulletins", bulletins.bulletins, name="manage-bulletins"),
    path("bulletins/new", bulletins.make, name="manage-bulletin-make"),
    path("bulletins/<int:bulletin_id>", bulletins.one, name="manage-bulletin"),
    path("bulletins/<int:bulletin_id>/document", bulletins.document, name="manage-bulletin-document"),
    path("coverage", coverage.coverage, name="manage-coverage"),
    path("coverage/boundary", coverage.boundary_file, name="manage-coverage-boundary"),
    path("coverage/<str:region>", coverage.coverage, name="manage-coverage-region"),
]
