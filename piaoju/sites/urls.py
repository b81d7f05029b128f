"""Which address leads to which door."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from piaoju.exchange.api import api
from piaoju.exchange.reading import docs

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", api.urls),
    path("api/docs", docs),
    path("manage/", include("piaoju.manage.urls")),
    path("openid/", include("piaoju.manage.sign_in.openid_urls")),
    path("", include("piaoju.public.urls")),
]

handler400 = "piaoju.sites.failures.bad_request"
handler404 = "piaoju.sites.failures.unknown_address"
handler500 = "piaoju.sites.failures.failure"
