"""Who gets what answer from which page, about which object: stated here, checked cell by cell in test_matrix.py.

A page without a row fails; so does a row without a page. To add a page, add one line to PAGES: the name of its url, and for
each role one sign an object. The signs:

    y  the page (GET) or any answer of the act itself (POST: done, or a rule's refusal)
    -  404, and letter by letter the answer for an object that does not exist: foreign is the same as missing
    x  403: this role never does that
    s  to the sign-in page            h  to today's duties: one who is signed in needs no sign-in page

A page about nothing in particular has one sign a role. A page about an object of a kind has one sign a place, in the order of
KINDS[kind]; `address` makes its address from the world and the place. The places, seen from the county 北川 and its hospital:

    own       the county's hospital itself                county    a unit in another county of the same city
    sibling   another unit of the same county             city      a unit of the city above
    province  a unit of the province                      other     a unit of another city
    missing   no such thing

The roles: province, city and county are 票据监管员 of 四川, 绵阳, 北川; keeper, handler, checker and finance belong to the own
unit; governing is the department that the own unit is under; auditor is of the province; the rest are of the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

WHO = (
    "province", "city", "county", "keeper", "handler", "checker", "finance", "governing", "auditor", "system", "security",
    "audit", "maintainer", "anonymous",
)  # fmt: skip
PLACES = ("own", "sibling", "county", "city", "province", "other", "missing")
KINDS: Mapping[str, tuple[str, ...]] = {
    "unit": PLACES,
    "operator": PLACES,
    "region": ("own", "county", "city", "province", "other", "missing"),
}


@dataclass(frozen=True, slots=True)
class Page:
    """One row. `arguments` makes the url's arguments from (world, place); `post` is what a page that takes POST only is sent."""

    answers: Mapping[str, str]
    about: str = ""
    arguments: Callable[[Any, str], list[str]] = field(default=lambda world, place: [])
    post: Callable[[Any, str], dict[str, str]] | None = None
    elsewhere: str = ""  # a test of tests/manage that asks this page instead, where asking it here would end everything


def nothing(world: Any, place: str) -> dict[str, str]:
    """An empty form."""
    return {}


def everyone(sign: str = "y") -> dict[str, str]:
    """The same answer for everybody who is signed in; others go to the sign-in page."""
    return dict.fromkeys(WHO, sign) | {"anonymous": "s"}


def only(**answers: str) -> dict[str, str]:
    """These answers; 403 for the other roles."""
    width = max(len(signs) for signs in answers.values())
    unknown = set(answers) - set(WHO)
    if unknown:
        raise ValueError(f"no such role: {unknown}")
    return dict.fromkeys(WHO, "x" * width) | answers | {"anonymous": "s" * width}


def outside(sign: str = "y") -> dict[str, str]:
    """Pages of signing in: the same for everybody, signed in or not."""
    return dict.fromkeys(WHO, sign)


PAGES: dict[str, Page] = {
    "manage-home": Page(everyone()),
    "manage-help": Page(everyone()),
    "manage-views": Page(everyone(), post=lambda world, place: {"list": "x", "name": "x", "here": "/manage/"}),
    # --- signing in and one's own account
    "manage-sign-in": Page(everyone("h") | {"anonymous": "y"}),
    "manage-sign-in-code": Page(outside("x"), post=nothing),
    "manage-sign-in-ukey-challenge": Page(outside(), post=nothing),
    "manage-sign-in-ukey": Page(outside("x"), post=nothing),
    "manage-sign-in-passkey-options": Page(outside(), post=nothing),
    "manage-sign-in-passkey": Page(outside("x"), post=nothing),
    "manage-sign-out": Page({}, elsewhere="test_sign_in_pages.py::test_a_copied_cookie_is_refused_after_signing_out"),
    "manage-own-account": Page(everyone()),
    "manage-own-password": Page(everyone()),
    "manage-own-totp": Page(everyone()),
    "manage-own-recovery-codes": Page(everyone()),
    "manage-own-passkey-options": Page(everyone(), post=nothing),
    "manage-own-passkey": Page(everyone("x"), post=nothing),
    "manage-own-passkey-remove": Page(everyone("x"), post=nothing),
    "manage-own-session-end": Page(everyone("-"), post=nothing),
}

# --- The JSON API: client × object. A client belongs to one unit; there is nothing else it may see.
#   y  2xx    -  404, letter by letter the answer for an object that does not exist    u  401    c  409 or 422, its own rules
# own: of the unit that issued the bill; foreign: of another unit
CLIENTS = ("own", "foreign", "revoked", "anonymous")
CALLS: dict[str, dict[str, str]] = {
    "POST /api/v1/token": {"own": "y", "foreign": "y", "revoked": "u", "anonymous": "u"},
    "POST /api/v1/bills": {"own": "y", "foreign": "y", "revoked": "u", "anonymous": "u"},
    "GET /api/v1/bills/by-business-number/{business_number}": {"own": "y", "foreign": "-", "revoked": "u", "anonymous": "u"},
    "GET /api/v1/bills/{code}/{number}": {"own": "y", "foreign": "-", "revoked": "u", "anonymous": "u"},
    "GET /api/v1/bills/{code}/{number}/file": {"own": "y", "foreign": "-", "revoked": "u", "anonymous": "u"},
    "GET /api/v1/stock": {"own": "y", "foreign": "y", "revoked": "u", "anonymous": "u"},
    "GET /api/v1/charge-items": {"own": "y", "foreign": "y", "revoked": "u", "anonymous": "u"},
}
