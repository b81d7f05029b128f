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
    "download": ("own", "another", "missing"),  # asked for by the own unit's keeper, or by its handler
    "department": ("own", "city", "province", "other", "missing"),  # regions with a finance department
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


def operator(world: Any, place: str) -> list[str]:
    """The account of someone who works for the unit of this place."""
    return [world.operators[place]]


# Who sees the people of which place: supervisors their subtree, a unit's keeper the unit, system administrators everyone.
SEEN = only(province="yyyyyy-", city="yyyy---", county="yy-----", keeper="y------", system="yyyyyy-")

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
    "manage-own-ukey-lost": Page(everyone("-"), post=nothing),
}
_BATCH = only(handler="y------", checker="y------")


def batch(world: Any, place: str) -> list[str]:
    """The file of bills of this place's unit."""
    return [str(world.batches[place])]


PAGES |= {
    # --- the issuing window
    "manage-window": Page(only(handler="y")),
    "manage-window-items": Page({}, elsewhere="test_window_pages.py::test_items_are_given_to_whoever_issues_there"),
    "manage-window-preview": Page({}, elsewhere="test_window_pages.py::test_a_preview_is_of_ones_own_draft_at_ones_own_unit"),
    "manage-window-here": Page(everyone()),
    "manage-window-signed-in": Page(everyone()),
    "manage-window-last-payer": Page(only(handler="-")),
    "manage-window-print": Page({}, elsewhere="test_window_pages.py::test_a_bill_is_printed_for_its_own_unit_only"),
    "manage-drafts": Page(only(handler="y")),
    "manage-draft": Page(only(handler="y------"), "unit", lambda world, place: [world.drafts[place]]),
    "manage-reviews": Page(only(checker="y")),
    "manage-review": Page(only(checker="y------"), "unit", lambda world, place: [world.reviews[place]]),
    "manage-review-picture": Page(only(checker="y------"), "unit", lambda world, place: [world.reviews[place], "1"]),
    "manage-review-rule": Page(only(keeper="y")),
    "manage-deliveries": Page(only(keeper="y", handler="y")),
    "manage-delivery": Page(only(keeper="y------", handler="y------"), "unit", lambda world, place: world.deliveries[place]),
}
PAGES |= {
    # --- batches
    "manage-batches": Page(only(handler="y", checker="y")),
    "manage-batch-upload": Page(only(handler="y", checker="y")),
    "manage-batch-template": Page(only(handler="y", checker="y")),
    "manage-batch": Page(_BATCH, "unit", batch),
    "manage-batch-file": Page(_BATCH, "unit", batch),
    "manage-batch-results": Page(_BATCH, "unit", batch),
    "manage-batch-issue": Page(_BATCH, "unit", batch, post=lambda world, place: {"mode": "all_or_nothing"}),
    "manage-batch-move": Page(_BATCH, "unit", lambda world, place: [*batch(world, place), "pause"], post=nothing),
}
PAGES |= {
    # --- people and rights
    "manage-people": Page(only(province="y", city="y", county="y", keeper="y", system="y", security="y")),
    "manage-person-enrol": Page(only(province="y", city="y", county="y", keeper="y", system="y")),
    "manage-person": Page(SEEN | {"security": "yyyyyy-"}, "operator", operator),
    "manage-person-appoint": Page(SEEN, "operator", operator),
    "manage-person-suspend": Page(SEEN | {"security": "yyyyyy-"}, "operator", operator),
    "manage-person-restore": Page(SEEN, "operator", operator),
    "manage-person-password": Page(SEEN, "operator", operator),
    "manage-person-factor": Page(SEEN, "operator", operator),
    "manage-person-end-sessions": Page(SEEN | {"security": "yyyyyy-"}, "operator", operator),
    "manage-person-ukey": Page(SEEN, "operator", operator),
    "manage-appointments": Page(only(province="y", city="y", county="y", keeper="y", system="y", security="y")),
    "manage-appointment": Page(SEEN | {"security": "yyyyyy-"}, "operator", lambda world, place: [world.appointments[place]]),
    "manage-ukeys": Page(only(province="y", city="y", county="y", keeper="y", system="y", security="y")),
    "manage-ukey-revoke": Page(SEEN | {"security": "yyyyyy-"}, "operator", lambda world, place: [f"UKEY-{place}"]),
    "manage-sessions": Page(only(province="y", city="y", county="y", keeper="y", system="y", security="y")),
    "manage-audit": Page(only(auditor="y", audit="y")),
}

_READ = only(
    province="yyyyyy-", city="yyyy---", county="yy-----", keeper="y------", handler="y------", governing="y------",
    auditor="yyyyyy-",
)  # fmt: skip
_SUPERVISED = only(province="yyyyyy-", city="yyyy---", county="yy-----")
_REGION = only(province="yyyyy-", city="yyy---", county="y-----")
_READERS = only(province="y", city="y", county="y", keeper="y", handler="y", governing="y", auditor="y")
_SUPERVISORS = only(province="y", city="y", county="y")


def unit(*more: str) -> Callable[[Any, str], list[str]]:
    """The address of a unit's page."""
    return lambda world, place: [world.units[place], *more]


PAGES |= {
    # --- bills
    "manage-bills": Page(
        only(province="y", city="y", county="y", keeper="y", handler="y", checker="y", finance="y", auditor="y")
    ),
    "manage-bills-export": Page(
        only(province="y", city="y", county="y", keeper="y", handler="y", checker="y", finance="y", auditor="y")
    ),
    # --- registry
    "manage-units": Page(_READERS),
    "manage-unit-register": Page(_SUPERVISORS),
    "manage-unit": Page(_READ, "unit", unit()),
    "manage-unit-change": Page(_SUPERVISED, "unit", unit()),
    "manage-unit-end": Page(_SUPERVISED, "unit", unit()),
    "manage-unit-point": Page(_SUPERVISED | {"keeper": "y------"}, "unit", unit()),
    "manage-unit-point-end": Page(_SUPERVISED | {"keeper": "y------"}, "unit", unit("01")),
    "manage-unit-license": Page(_SUPERVISED, "unit", unit()),
    "manage-unit-license-end": Page(_SUPERVISED, "unit", unit("1")),
    "manage-unit-onboarding": Page(_READ, "unit", unit()),
    "manage-unit-step": Page(_SUPERVISED | {"keeper": "y------", "handler": "y------"}, "unit", unit("certificate", "block")),
    "manage-onboarding": Page(_READERS),
    "manage-certificates": Page(_SUPERVISORS | {"keeper": "y"}),
    "manage-unit-certificate": Page(_SUPERVISED | {"keeper": "y------"}, "unit", unit()),
    "manage-region-certificate": Page(
        only(province="yyyy-", city="yy---", county="y----", keeper="-----"), "department",
        lambda world, place: [world.regions[place]],
    ),
    "manage-certificate": Page(
        _SUPERVISED | {"keeper": "y------"}, "unit", lambda world, place: [world.submissions[place]]
    ),
    "manage-certificate-revoke": Page(_SUPERVISED, "unit", lambda world, place: [world.certificates[place]]),
    "manage-authorizations": Page(_READERS),
    "manage-authorization-grant": Page(_SUPERVISORS),
    "manage-authorizations-end": Page(only(province="-", city="-", county="-")),  # it is about what a list has sent
    "manage-imports": Page(_SUPERVISORS),
    "manage-import-upload": Page(_SUPERVISORS),
    "manage-import-template": Page(_SUPERVISORS),
    "manage-import": Page(_REGION, "region", lambda world, place: [str(world.imports[place])]),
    "manage-import-file": Page(_REGION, "region", lambda world, place: [str(world.imports[place])]),
    "manage-bill-types": Page(_READERS),
    "manage-bill-type-propose": Page(_SUPERVISORS),
    "manage-proposals": Page(_SUPERVISORS),
    "manage-proposal": Page(_REGION, "region", lambda world, place: [str(world.proposals[place])]),
    "manage-items": Page(_READERS),
    "manage-item-register": Page(only(province="y", city="-", county="-")),
    "manage-item-standard": Page(only(province="y", city="-", county="-"), arguments=lambda world, place: ["700300001"]),
    "manage-regions": Page(_READERS),
    "manage-region-local": Page(_SUPERVISORS),
    "manage-region-move": Page(_REGION, "region", lambda world, place: [world.regions[place]]),
    "manage-suspensions": Page(_READERS),
    "manage-suspend": Page(_SUPERVISORS),
    "manage-suspension-lift": Page(_SUPERVISORS),
    "manage-quality": Page(_READERS),
    "manage-quality-rule": Page(_READERS, arguments=lambda world, place: ["same_name"]),
}

# A supervisor opens the regions below; unit and department whatever region holds units of theirs.
_COVERED = _REGION | {"auditor": "yyyyy-"} | dict.fromkeys(("keeper", "handler", "governing"), "y-yy--")
_BULLETINS = _REGION | {"auditor": "yyyyy-"} | dict.fromkeys(
    ("keeper", "handler", "checker", "finance", "governing"), "------"
)
_TOTALS_READERS = _READERS | dict.fromkeys(("checker", "finance"), "y")
PAGES |= {
    # --- overview
    "manage-overview": Page(_TOTALS_READERS),
    "manage-facts": Page(_TOTALS_READERS),
    "manage-overview-region": Page(
        _COVERED | dict.fromkeys(("checker", "finance"), "y-yy--"), "region", lambda world, place: [world.regions[place]]
    ),
    "manage-overview-unit": Page(_READ | dict.fromkeys(("checker", "finance"), "y------"), "unit", unit()),
    "manage-unit-history": Page(only(keeper="y------"), "unit", unit()),
    "manage-coverage": Page(_READERS),
    "manage-bulletins": Page(_TOTALS_READERS),
    "manage-bulletin-make": Page(_SUPERVISORS),
    "manage-bulletin": Page(_BULLETINS, "region", lambda world, place: [str(world.bulletins[place])]),
    "manage-bulletin-document": Page(_BULLETINS, "region", lambda world, place: [str(world.bulletins[place])]),
    "manage-coverage-boundary": Page(dict.fromkeys(_READERS, "-") | {w: s for w, s in _READERS.items() if s != "y"}),
    "manage-coverage-region": Page(_COVERED, "region", lambda world, place: [world.regions[place]]),
}

_READS_BILLS = only(
    province="yyyyyy-", city="yyyy---", county="yy-----", keeper="y------", handler="y------", checker="y------",
    finance="y------", auditor="yyyyyy-",
)  # fmt: skip
_CHANGES_BILLS = only(keeper="y------", handler="y------")


def bill(*more: str) -> Callable[[Any, str], list[str]]:
    """The address of the page of a bill of the unit of this place, or of something done from it."""
    return lambda world, place: [*world.bills[place], *more]


PAGES |= {
    # --- one bill
    "manage-bill": Page(_READS_BILLS, "unit", bill()),
    "manage-bill-file": Page(_READS_BILLS, "unit", bill("xml")),
    "manage-bill-print": Page(
        only(keeper="y------", handler="y------", checker="y------", finance="y------"), "unit", bill(), post=nothing
    ),
    "manage-bill-reverse": Page(_CHANGES_BILLS, "unit", bill()),
    "manage-bill-convert": Page(_CHANGES_BILLS, "unit", bill()),
    "manage-bill-void-paper": Page(_CHANGES_BILLS, "unit", bill()),
    "manage-reversals": Page(
        only(**dict.fromkeys(("province", "city", "county", "keeper", "handler", "checker", "finance", "auditor"), "y"))
    ),
    "manage-reversal": Page(_READS_BILLS, "unit", lambda world, place: [world.reversals[place]]),
}

# A download is its asker's own; to everybody else of the unit and above it is not there.
_DOWNLOADERS = dict.fromkeys(("province", "city", "county", "keeper", "handler", "checker", "finance", "auditor"), "y")
_OWN_DOWNLOAD = only(**dict.fromkeys(_DOWNLOADERS, "---") | {"keeper": "y--", "handler": "-y-"})


def download(*more: str) -> Callable[[Any, str], list[str]]:
    """A download of the unit's keeper, of another person, or none."""
    return lambda world, place: [str(world.downloads[place]), *more]


PAGES |= {
    # --- printing and downloading
    "manage-downloads": Page(only(**_DOWNLOADERS)),
    "manage-download-new": Page(only(**_DOWNLOADERS), post=nothing),
    "manage-download-preview": Page(only(**dict.fromkeys(_DOWNLOADERS, "-"))),  # of no bill
    "manage-download-preview-picture": Page(only(**dict.fromkeys(_DOWNLOADERS, "-"))),  # of no bill
    "manage-download": Page(_OWN_DOWNLOAD, "download", download()),
    "manage-download-stop": Page(_OWN_DOWNLOAD, "download", download(), post=nothing),
    "manage-download-restart": Page(_OWN_DOWNLOAD, "download", download(), post=nothing),
    "manage-download-remove": Page(_OWN_DOWNLOAD, "download", download(), post=nothing),
    "manage-download-link": Page(_OWN_DOWNLOAD, "download", download(), post=nothing),
    "manage-download-file": Page(only(**dict.fromkeys(_DOWNLOADERS, "---")), "download", download("0" * 64)),  # no such link
}

# Numbers: whoever stands above the unit, or above its finance department; the unit's own people read.
HOLDS = only(province="yyyyyy-", city="yyyy---", county="yy-----", keeper="y------")
READS = HOLDS | dict.fromkeys(("handler", "checker", "finance"), "y------") | {"auditor": "yyyyyy-"}
DECIDES = only(province="yyyyyy-", city="yyyy---", county="yy-----")
OFFICERS = only(province="y", city="y", county="y")
READERS = OFFICERS | dict.fromkeys(("keeper", "handler", "checker", "finance", "auditor"), "y")


def stock(thing: str) -> Callable[[Any, str], list[str]]:
    """A segment, a requisition or a disposal of the unit of this place."""
    return lambda world, place: [world.stock[thing][place]]


PAGES |= {
    # --- stock
    "manage-stock-segments": Page(READERS),
    "manage-stock-movements": Page(READERS),
    "manage-stock-number": Page(READERS),
    "manage-stock-requisitions": Page(READERS),
    "manage-stock-disposals": Page(READERS),
    "manage-stock-segment": Page(READS, "unit", stock("segment")),
    "manage-stock-return": Page(HOLDS, "unit", stock("segment")),
    "manage-stock-loss": Page(HOLDS, "unit", stock("segment")),
    "manage-stock-void": Page(HOLDS, "unit", stock("segment")),
    "manage-stock-destruction": Page(HOLDS, "unit", stock("segment")),
    "manage-stock-requisition-new": Page(only(keeper="y")),
    "manage-stock-requisition-from-above": Page(OFFICERS),
    "manage-stock-allot-chosen": Page(OFFICERS, post=nothing),
    "manage-stock-requisition": Page(READS, "unit", stock("requisition")),
    "manage-stock-review": Page(DECIDES, "unit", stock("requisition")),
    "manage-stock-allot": Page(DECIDES, "unit", stock("requisition")),
    "manage-stock-withdraw": Page(HOLDS, "unit", stock("requisition")),
    "manage-stock-disposal": Page(READS, "unit", stock("disposal")),
    "manage-stock-notice": Page(HOLDS, "unit", stock("disposal")),
    "manage-stock-decide": Page(DECIDES, "unit", stock("disposal")),
    "manage-stock-opening": Page(OFFICERS),
    "manage-stock-distribution": Page(OFFICERS),
    "manage-stock-limit": Page(OFFICERS),
    "manage-stock-top-up": Page(OFFICERS),
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
    "GET /api/v1/bills": {"own": "y", "foreign": "y", "revoked": "u", "anonymous": "u"},
    "GET /api/v1/totals": {"own": "y", "foreign": "y", "revoked": "u", "anonymous": "u"},
    "POST /api/v1/bills/{code}/{number}/reversals": {"own": "y", "foreign": "-", "revoked": "u", "anonymous": "u"},
    "POST /api/v1/batches": {"own": "y", "foreign": "y", "revoked": "u", "anonymous": "u"},
    "GET /api/v1/batches/{id}": {"own": "y", "foreign": "-", "revoked": "u", "anonymous": "u"},
    "GET /api/v1/batches/{id}/results": {"own": "y", "foreign": "-", "revoked": "u", "anonymous": "u"},
    "POST /api/v1/batches/{id}/issue": {"own": "c", "foreign": "-", "revoked": "u", "anonymous": "u"},
    "POST /api/v1/batches/{id}/pause": {"own": "c", "foreign": "-", "revoked": "u", "anonymous": "u"},
    "POST /api/v1/batches/{id}/resume": {"own": "c", "foreign": "-", "revoked": "u", "anonymous": "u"},
    "POST /api/v1/batches/{id}/stop": {"own": "y", "foreign": "-", "revoked": "u", "anonymous": "u"},
    "GET /api/v1/stock": {"own": "y", "foreign": "y", "revoked": "u", "anonymous": "u"},
    "GET /api/v1/charge-items": {"own": "y", "foreign": "y", "revoked": "u", "anonymous": "u"},
}
