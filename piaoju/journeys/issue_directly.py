"""A command issues one bill by the same journey as everyone: its own connection, a group of one."""

from __future__ import annotations

import psycopg

from piaoju.journeys import refuse, take_order
from piaoju.journeys.issue import Issued, Order, issue_group
from piaoju.journeys.office import Office
from piaoju.journeys.registers import Registers


def issue(office: Office, database_url: str, unit_code: str, body: bytes, *, actor: str) -> Issued:
    """Issue the bill in a JSON body for a unit. Raises what the body, the rules or the stock refuse."""
    request, digest = take_order.from_body(body)
    order = Order(request, digest, unit_code, actor)
    with psycopg.connect(database_url, autocommit=True) as connection:
        (outcome,) = issue_group(connection, office, Registers(), [order])
        refuse.record_refusals(connection, office, [order], [outcome])
    if isinstance(outcome, Issued):
        return outcome
    raise outcome
