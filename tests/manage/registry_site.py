"""The pages of the registry with somebody signed in: a cookie names who, since how one signs in is tested elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from django.http import HttpRequest, HttpResponseBase

from piaoju.identity.types import OperatorActor, Role
from tests.journeys.registry_office import uscc
from tests.offices import Installed

WHO = {
    "province": (Role.SUPERVISOR, "", "510000"), "province-two": (Role.SUPERVISOR, "", "510000"),
    "county": (Role.SUPERVISOR, "", "510726"), "keeper": (Role.UNIT_KEEPER, uscc(1), ""),
    "auditor": (Role.AUDITOR, "", "510000"),
}  # fmt: skip


class SignedIn:
    """The middleware of these tests. Reads the person anew for each request, as the real one does."""

    installed: ClassVar[Installed]

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        who = request.COOKIES.get("who", "")
        request.actor = actor(self.installed, who) if who else None  # type: ignore[attr-defined]
        return self.get_response(request)


def actor(installed: Installed, who: str) -> OperatorActor:
    role, unit_code, region_code = WHO[who]
    return installed.operator(role, unit_code=unit_code, region_code=region_code, person=who)


def settings(installed: Installed) -> dict[str, object]:
    """What to override so that the real addresses answer to these people."""
    from django.conf import settings as real

    SignedIn.installed = installed
    ours = [name for name in real.MIDDLEWARE if not name.startswith("piaoju.")]
    return {"MIDDLEWARE": [*ours, "tests.manage.registry_site.SignedIn"]}
