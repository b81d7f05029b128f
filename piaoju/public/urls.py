"""The addresses anyone may open."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import api, files, views

urlpatterns: list[URLPattern] = [
    path("", views.home),
    path("verify", views.verify),
    path("q", views.landing),
    path("q/file", files.file),
    path("public/api/v1/verify", api.verify),
]
