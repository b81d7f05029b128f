"""The rows a person chose on a list, or the whole of its result, as the page of a bulk act receives them."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, QueryDict

from piaoju.kit import errors
from piaoju.kit.listing import Asked
from piaoju.manage.lists import address
from piaoju.manage.lists.declared import ListPage

CHOSEN_MAX = 500  # Django takes 1,000 fields; a page has 200 rows


class NothingChosen(errors.Refused):
    code = "nothing_chosen"
    label = "没有选中任何一行。请在列表中勾选后再试"


class TooManyChosen(errors.Refused):
    code = "too_many_chosen"
    label = f"一次最多逐行选中 {CHOSEN_MAX} 行。请用「选中全部」，或分几次办理"


@dataclass(frozen=True, slots=True)
class Chosen:
    """Either single rows by their keys, or (`whole`) everything that `asked` finds, without its page."""

    keys: tuple[str, ...]
    whole: bool
    asked: Asked


def chosen(request: HttpRequest, page: ListPage) -> Chosen:
    """What a bulk act is to be done with. Raises NothingChosen, TooManyChosen."""
    whole = request.POST.get("whole") == "1"
    keys = tuple(dict.fromkeys(request.POST.getlist("chosen")))
    if len(keys) > CHOSEN_MAX:
        raise TooManyChosen
    if not keys and not whole:
        raise NothingChosen
    asked = address.read(page, QueryDict(request.POST.get("query", "")[:4_000])).asked
    return Chosen(() if whole else keys, whole, Asked(asked.conditions, asked.sort, asked.descending))
