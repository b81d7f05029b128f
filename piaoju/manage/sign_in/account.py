"""我的账号: password, second factor, recovery codes, passkeys and sessions of whoever is signed in, also while confined."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.middleware.csrf import rotate_token
from django.urls import reverse

from piaoju.identity import queries as identity
from piaoju.identity.errors import PasskeyInvalid, SecondFactorInvalid, SignInRefused
from piaoju.identity.types import SessionView
from piaoju.journeys import own_account, premises
from piaoju.kit import errors
from piaoju.manage import forms, frame
from piaoju.manage.sign_in import cookies
from piaoju.standard.face import qr

_ANSWER_BYTES_MAX = 64 * 1024
_CRUMBS = (("我的账号", "/manage/account"),)


class PasswordForm(forms.Form):
    secret_present = forms.secret("现在的口令")
    secret_new = forms.secret("新口令", hint="至少 10 个字符，大写、小写、数字、符号里至少三种；不含用户名和姓名")
    secret_again = forms.secret("新口令再输一遍")


class Confirm(forms.Form):
    """Nothing to fill in."""


def mine(*, methods: Sequence[str] = ("GET",)) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """A page of one's own account: open to whoever is signed in, also while something must be settled first."""

    def wrap(answer: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        framed = frame.view(None, methods=methods)(answer)

        @functools.wraps(framed)
        def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            present = getattr(request, "sign_in", None)
            if present is not None:
                request.actor = present.actor  # type: ignore[attr-defined]
            response = framed(request, *args, **kwargs)
            cookies.keep_visit(request, response)
            return response

        return answered

    return wrap


@mine()
def account(request: HttpRequest) -> HttpResponseBase:
    """What there is, and what can be changed."""
    session, office = _session(request), premises.office()
    operator_id = session.actor.operator_id
    context = {
        "session": session,
        "credentials": identity.credentials_of(operator_id),
        "ukeys": identity.ukeys_of(operator_id)[:10],
        "sessions": identity.open_sessions_of(operator_id, office.sign_in_policy, office.clock()),
        "appointments": session.actor.appointments,
    }
    return frame.page(request, "manage/sign_in/account.html", context, title="我的账号", help="account")


@mine(methods=("GET", "POST"))
def password(request: HttpRequest) -> HttpResponseBase:
    """A new password."""

    def save(values: dict[str, Any], once: str) -> forms.Done:
        if values["secret_new"] != values["secret_again"]:
            raise own_account.PasswordsDiffer
        try:
            own_account.change_password(
                premises.office(), _session(request), values["secret_present"], values["secret_new"]
            )
        except SignInRefused as refusal:
            fault = errors.FieldError("/secret_present", refusal.code_value, refusal.detail)
            raise errors.Refused(refusal.detail, errors=[fault], code=refusal.code_value) from refusal
        return forms.Done("口令已改，其他地方的登录已结束", _afterwards(request))

    note = f"{_session(request).limit.label}，改好之后才能办事。" if _limited(request) else ""
    page = forms.Page(title="改口令", help="account", button="改口令", crumbs=_CRUMBS, note=note)
    return forms.ask(request, PasswordForm, page, save)


@mine(methods=("GET", "POST"))
def totp(request: HttpRequest) -> HttpResponseBase:
    """An authenticator: its QR code, and a first code to show that it works."""
    office, session, visit = premises.office(), _session(request), cookies.visit_of(request)
    handle = request.POST.get("handle", "")[:100]
    refusal: errors.PiaojuError | None = None
    if request.method == "POST" and handle:
        try:
            entered, codes = own_account.finish_totp(office, session, visit, handle, request.POST.get("code", "")[:8])
        except SecondFactorInvalid as refused:
            refusal = refused
        else:
            response = _codes_shown(request, codes, "动态口令已启用")
            rotate_token(request)
            cookies.set_token(response, entered.token)
            return response
    if refusal is None:
        new = own_account.begin_totp(office, session, visit)
    else:
        new = own_account.totp_again(office, session, visit, handle)
    size, dark = _qr(new.address)
    context = {
        "refusal": refusal, "handle": new.handle, "limited": _limited(request), "size": size, "dark": dark,
        "secret": " ".join(new.secret[i : i + 4] for i in range(0, len(new.secret), 4)),
    }  # fmt: skip
    status = 200 if refusal is None else frame.status_of(refusal)
    return frame.page(
        request, "manage/sign_in/totp.html", context, title="设置动态口令", help="account", crumbs=_CRUMBS, status=status
    )


@mine(methods=("GET", "POST"))
def recovery_codes(request: HttpRequest) -> HttpResponseBase:
    """Ten fresh recovery codes, shown once."""

    def save(values: dict[str, Any], once: str) -> HttpResponseBase:
        return _codes_shown(request, own_account.new_recovery_codes(premises.office(), _session(request)), "新的恢复码")

    effect = "以前的恢复码全部作废；新的只显示一次，请立即抄下或打印"
    page = forms.Page(title="换恢复码", help="account", button="换一批恢复码", crumbs=_CRUMBS, effect=effect)
    return forms.ask(request, Confirm, page, save)


@mine(methods=("POST",))
def passkey_options(request: HttpRequest) -> HttpResponseBase:
    """What the browser needs to make a passkey."""
    return _answered(
        lambda: own_account.passkey_options(premises.office(), _session(request), cookies.visit_of(request))
    )


@mine(methods=("POST",))
def passkey(request: HttpRequest) -> HttpResponseBase:
    """The passkey that the browser made."""

    def add() -> dict[str, Any]:
        try:
            given: dict[str, Any] = json.loads(request.body) if len(request.body) <= _ANSWER_BYTES_MAX else {}
            label, answer = str(given["label"]), dict(given["answer"])
        except (ValueError, TypeError, KeyError) as error:
            raise PasskeyInvalid from error
        own_account.add_passkey(premises.office(), _session(request), cookies.visit_of(request), label, answer)
        return {"next": reverse("manage-own-account")}

    return _answered(add)


@mine(methods=("POST",))
def remove_passkey(request: HttpRequest) -> HttpResponseBase:
    """One passkey less."""
    own_account.remove_passkey(premises.office(), _session(request), _number(request))
    return frame.done(request, "通行密钥已移除", reverse("manage-own-account"))


@mine(methods=("POST",))
def end_session(request: HttpRequest) -> HttpResponseBase:
    """One session less."""
    own_account.end_own_session(premises.office(), _session(request), _number(request))
    return frame.done(request, "会话已结束", reverse("manage-own-account"))


@mine(methods=("POST",))
def ukey_lost(request: HttpRequest) -> HttpResponseBase:
    """挂失 one's own UKEY."""
    own_account.report_ukey_lost(premises.office(), _session(request), request.POST.get("serial", "")[:40])
    return frame.done(request, "UKEY 已挂失，从现在起不能登录。请联系票据管理员换发", reverse("manage-own-account"))


def _session(request: HttpRequest) -> SessionView:
    found: SessionView = request.sign_in  # type: ignore[attr-defined]
    return found


def _limited(request: HttpRequest) -> bool:
    return bool(_session(request).limit)


def _afterwards(request: HttpRequest) -> str:
    """The sign-in page knows where to go on: to what is still to be settled, or to where the person wanted."""
    return reverse("manage-sign-in") if _limited(request) else reverse("manage-own-account")


def _codes_shown(request: HttpRequest, codes: list[str], told: str) -> HttpResponse:
    context = {"codes": codes, "told_here": told}
    return frame.page(request, "manage/sign_in/recovery_codes.html", context, title="恢复码", help="account", crumbs=_CRUMBS)


def _qr(text: str) -> tuple[int, str]:
    """A QR code's side in modules, with its margin, and the path of its dark modules."""
    _, _, _, count, runs = qr.modules(text, 0, 0, 100_000)
    return count + 8, "".join(f"M{start + 4} {row + 4}h{end - start}v1h{start - end}z" for row, start, end in runs)


def _number(request: HttpRequest) -> int:
    text = request.POST.get("id", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _answered(ask: Callable[[], dict[str, Any]]) -> HttpResponseBase:
    try:
        content, status = ask(), 200
    except errors.PiaojuError as refusal:
        content, status = {"code": refusal.code_value, "detail": refusal.detail}, frame.status_of(refusal)
    return JsonResponse(content, status=status, json_dumps_params={"ensure_ascii": False})
