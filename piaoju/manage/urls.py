"""The addresses of the back office, all under /manage/. Each room's pages have their own urls.py, included here."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from piaoju.manage.home import pages as home

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="manage-home"),
    path("views", home.views, name="manage-views"),
    path("help", home.help, name="manage-help"),
    path("help/<slug:topic>", home.help, name="manage-help"),
    path("", include("piaoju.manage.sign_in.urls")),
    path("", include("piaoju.manage.bills.urls")),
    path("", include("piaoju.manage.downloads.urls")),
    path("", include("piaoju.manage.batch.urls")),
    path("", include("piaoju.manage.registry.urls")),
    path("", include("piaoju.manage.people.urls")),
    path("", include("piaoju.manage.stock.urls")),
    path("", include("piaoju.manage.overview.urls")),
    path("", include("piaoju.manage.window.urls")),
]
