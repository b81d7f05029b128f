"""证照: registering, renewing and ending; its end locks issuing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from piaoju.identity.rights import Act
from piaoju.journeys import premises, renew_license
from piaoju.manage import forms, frame
from piaoju.manage.registry import reach, words
from piaoju.registry.types import LicenseToRegister

Values = dict[str, Any]


class LicenseForm(forms.Form):
    kind = forms.choice("证照种类", words.LICENSE_KINDS)
    number = forms.text("证照编号", longest=100)
    issuer = forms.text("发证机关", longest=100, must=False)
    valid_from = forms.day("生效日期")
    until = forms.day("有效期至", hint="这一天还有效；长期有效不填", must=False)


@frame.view(Act.REGISTER_LICENSE, methods=("GET", "POST"))
def register(request: HttpRequest, code: str) -> HttpResponseBase:
    """登记或续期证照: issuing is unlocked the same day."""
    actor, place = frame.actor_of(request), reach.unit(request, code, Act.REGISTER_LICENSE)

    def save(values: Values, once: str) -> forms.Done:
        until = values["until"]
        license = LicenseToRegister(
            values["kind"], values["number"], values["issuer"] or "", values["valid_from"],
            until + timedelta(days=1) if until else None,
        )  # fmt: skip
        renew_license.register(premises.office(), actor, code, license)
        return forms.Done("已登记证照", f"/manage/units/{code}")

    page = forms.Page(
        "登记证照", button="登记证照", crumbs=reach.unit_crumbs(place), help="units",
        note="到期当天自动停止开具；登记续期后的证照，当天恢复。同一种证照的新证从生效日期起接替旧证。",
        facts=(("单位", place.name),),
    )  # fmt: skip
    return forms.ask(request, LicenseForm, page, save, initial={"valid_from": reach.today()})


class EndLicenseForm(forms.Form):
    on = forms.day("从哪天起")
    reason = forms.text("原因", hint="如 吊销、注销、遗失")


@frame.view(Act.REGISTER_LICENSE, methods=("GET", "POST"))
def end(request: HttpRequest, code: str, number: int) -> HttpResponseBase:
    """提前终止证照: issuing is locked from that day."""
    actor, place = frame.actor_of(request), reach.unit(request, code, Act.REGISTER_LICENSE)

    def save(values: Values, once: str) -> forms.Done:
        renew_license.end(premises.office(), actor, code, number, on=values["on"], reason=values["reason"])
        return forms.Done("证照已终止", f"/manage/units/{code}")

    page = forms.Page(
        "终止证照", button="终止证照", crumbs=reach.unit_crumbs(place), help="units", facts=(("单位", place.name),),
        effect="同一种证照没有别的有效登记时，单位从这一天起不能开具票据。",
    )  # fmt: skip
    return forms.ask(request, EndLicenseForm, page, save, initial={"on": reach.today()})
