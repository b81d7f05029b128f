"""One line of words above a list: read into its conditions, which are then shown as chips like any others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect, QueryDict

from piaoju.identity.types import OperatorActor
from piaoju.kit.listing import Condition
from piaoju.manage.lists import address
from piaoju.manage.lists.declared import ListPage
from piaoju.manage.lists.filters import WORDS, Filter

LINE_CHARACTERS_MAX = 200


@dataclass(frozen=True, slots=True)
class Otherwise:
    """A word as it was read, and as it may be read instead, with the address of that."""

    word: str
    taken: str
    instead: str
    query: str


def answer(page: ListPage, actor: OperatorActor, line: str) -> HttpResponse:
    """On to the list with the conditions of the line, and the line itself still there to be changed."""
    assert page.reads is not None
    line = line[:LINE_CHARACTERS_MAX]
    said = page.reads(actor, line)
    query = "&".join(filter(None, (_query(page, said.conditions), urlencode({"say": line}))))
    response = HttpResponseRedirect(f"?{query}")
    response.status_code = 303
    return response


def notes(page: ListPage, actor: OperatorActor, line: str) -> dict[str, Any]:
    """What was not read of the line, and what could be read otherwise."""
    line = line[:LINE_CHARACTERS_MAX]
    if page.reads is None or not line.strip():
        return {"line": line}
    said = page.reads(actor, line)
    otherwise = []
    for one in said.otherwise:
        changed = [c for c in said.conditions if c not in one.taken] + list(one.instead)
        query = "&".join((_query(page, changed), urlencode({"say": line})))
        otherwise.append(Otherwise(one.word, _words(page, one.taken), _words(page, one.instead), query))
    return {"line": line, "unread": said.unread, "otherwise": otherwise}


def _query(page: ListPage, conditions: Iterable[Condition]) -> str:
    """These conditions as the list's address has them."""
    typed = QueryDict(mutable=True)
    for condition in conditions:
        one = _filter(page, condition)
        comparison, value, value_to = one.retyped(condition)
        typed[one.name], typed[f"{one.name}_to"], typed[f"{one.name}_cmp"] = value, value_to, comparison
    return address.read(page, typed).query()


def _words(page: ListPage, conditions: Iterable[Condition]) -> str:
    words = []
    for condition in conditions:
        one = _filter(page, condition)
        comparison = "" if condition.comparison == "between" else WORDS[condition.comparison]
        words.append(" ".join(filter(None, (one.label, comparison, one.shown(condition)))))
    return "，".join(words)


def _filter(page: ListPage, condition: Condition) -> Filter:
    return next(one for one in page.filters if one.name == condition.field)
