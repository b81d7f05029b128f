"""Which address leads to which door."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from piaoju.exchange.api import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", api.urls),
    path("", include("piaoju.public.urls")),
]
