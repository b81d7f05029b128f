"""Pages with somebody signed in: a cookie names who, since how one signs in is tested elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import ClassVar

from django.http import HttpRequest, HttpResponseBase
from django.test import Client, override_settings

from piaoju.identity.types import OperatorActor, Role
from tests.journeys.registry_office import uscc
from tests.journeys.stock_office import CLINIC, COLLEGE
from tests.offices import Installed

WHO: Mapping[str, tuple[Role, str, str]] = {
    "province": (Role.SUPERVISOR, "", "510000"), "province-two": (Role.SUPERVISOR, "", "510000"),
    "city": (Role.SUPERVISOR, "", "510700"),
    "county": (Role.SUPERVISOR, "", "510726"), "county-two": (Role.SUPERVISOR, "", "510726"),
    "keeper": (Role.UNIT_KEEPER, uscc(1), ""),
    "clinic": (Role.UNIT_KEEPER, CLINIC, ""), "college": (Role.UNIT_KEEPER, COLLEGE, ""),
    "handler": (Role.HANDLER, CLINIC, ""), "auditor": (Role.AUDITOR, "", "510000"),
    "maintainer": (Role.MAINTAINER, "", ""),
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
    """What to override so that the real addresses answer to these people, who are all enrolled now."""
    from django.conf import settings as real

    SignedIn.installed = installed
    for who in WHO:
        actor(installed, who)
    ours = [name for name in real.MIDDLEWARE if not name.startswith("piaoju.")]
    return {"MIDDLEWARE": [*ours, "tests.manage.people_site.SignedIn"]}


@contextmanager
def opened(installed: Installed) -> Iterator[Callable[[str], Client]]:
    """A client a person, of the real addresses."""
    with override_settings(ALLOWED_HOSTS=["*"], **settings(installed)):

        def client(who: str) -> Client:
            made = Client()
            if who:
                made.cookies["who"] = who
            return made

        yield client
