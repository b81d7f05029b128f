"""Prints that were counted before they lay in months are counted still, in the months of their bills."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection, connections

from piaoju.issuing import queries
from piaoju.issuing.types import BillPlace
from piaoju.ops.engine import Server
from tests import database as databases

BEFORE = ("issuing", "0008")
JUNE, MAY = datetime(2026, 6, 9, tzinfo=UTC), datetime(2026, 5, 31, 16, tzinfo=UTC)  # 16:00 UTC is June's first moment here


@pytest.mark.django_db
def test_prints_counted_before_keep_their_ordinals_and_their_guards(server: Server) -> None:
    connections.close_all()
    with psycopg.connect(server.admin_url, autocommit=True) as admin:
        databases.replace(admin, databases.worker_database(), "template1")
    call_command("migrate", *BEFORE, verbosity=0, interactive=False)
    with connection.cursor() as cursor:
        cursor.execute(
            """CREATE TABLE issuing_bill_2026_06 PARTITION OF issuing_bill
               FOR VALUES FROM ('2026-06-01 00:00:00+08') TO ('2026-07-01 00:00:00+08')"""
        )
        for number, at, prints in ((1, JUNE, 2), (2, MAY, 1)):
            cursor.execute("INSERT INTO issuing_bill_number VALUES (7, '51020126', %s, %s)", (number, at))
            for ordinal in range(1, prints + 1):
                cursor.execute(
                    "INSERT INTO issuing_print VALUES (7, '51020126', %s, %s, %s, 'face', 'operator:a')", (number, ordinal, at)
                )
    call_command("migrate", "issuing", verbosity=0, interactive=False)
    assert [len(queries.prints_of(BillPlace(7, at, "51020126", number))) for number, at in ((1, JUNE), (2, MAY))] == [2, 1]
    address = server.url_for(databases.worker_database())
    for forbidden in ("TRUNCATE issuing_print_2026_06", "UPDATE issuing_print SET ordinal = 9", "TRUNCATE issuing_print"):
        with pytest.raises(psycopg.errors.RestrictViolation), psycopg.connect(address) as database:
            database.execute(forbidden)
