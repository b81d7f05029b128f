"""The addresses of the OpenID Connect provider, below /openid/."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from piaoju.manage.sign_in import openid

urlpatterns: list[URLPattern | URLResolver] = [
    path(".well-known/openid-configuration", openid.configuration, name="openid-configuration"),
    path("jwks", openid.jwks, name="openid-jwks"),
    path("authorize", openid.authorize, name="openid-authorize"),
    path("token", openid.token, name="openid-token"),
    path("userinfo", openid.userinfo, name="openid-userinfo"),
]
