"""The addresses of signing in and of one's own account, below /manage/."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from piaoju.manage.sign_in import account, pages

urlpatterns: list[URLPattern | URLResolver] = [
    path("sign-in", pages.sign_in_page, name="manage-sign-in"),
    path("sign-in/code", pages.code_page, name="manage-sign-in-code"),
    path("sign-in/ukey-challenge", pages.ukey_challenge, name="manage-sign-in-ukey-challenge"),
    path("sign-in/ukey", pages.ukey, name="manage-sign-in-ukey"),
    path("sign-in/passkey-options", pages.passkey_options, name="manage-sign-in-passkey-options"),
    path("sign-in/passkey", pages.passkey, name="manage-sign-in-passkey"),
    path("sign-out", pages.sign_out, name="manage-sign-out"),
    path("account", account.account, name="manage-own-account"),
    path("account/password", account.password, name="manage-own-password"),
    path("account/totp", account.totp, name="manage-own-totp"),
    path("account/recovery-codes", account.recovery_codes, name="manage-own-recovery-codes"),
    path("account/passkey-options", account.passkey_options, name="manage-own-passkey-options"),
    path("account/passkey", account.passkey, name="manage-own-passkey"),
    path("account/passkey/remove", account.remove_passkey, name="manage-own-passkey-remove"),
    path("account/ukey/lost", account.ukey_lost, name="manage-own-ukey-lost"),
    path("account/session/end", account.end_session, name="manage-own-session-end"),
]
