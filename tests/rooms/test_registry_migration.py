"""A data folder of the first version: what was kept in one row is told in time, and the unit is online as it was."""

from __future__ import annotations

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection, connections

from piaoju.ops.engine import Server
from tests import database as databases

_FIRST = """
INSERT INTO registry_region (code, name, short_name, level, parent_id) VALUES
    ('510000', '四川省', '四川', 1, NULL), ('510700', '绵阳市', '绵阳', 2, '510000'), ('510726', '北川县', '北川', 3, '510700');
INSERT INTO registry_financedepartment (region_id, name) VALUES ('510726', '北川财政局');
INSERT INTO registry_billtype (code, name, basis_document, valid_from)
    VALUES ('0401', '往来票据', '财综〔2010〕1号', '2019-01-01');
INSERT INTO registry_unit (code, name, region_id, finance_department_id, industry, recipient_name, recipient_account,
        recipient_bank, valid_from)
    VALUES ('12510726MD2000028Q', '北川医院', '510726', '510726', 'medical', '北川医院', '1015', '演示银行', '2019-01-01');
"""


@pytest.mark.django_db
def test_a_first_version_is_carried_over_whole(server: Server) -> None:
    connections.close_all()
    with psycopg.connect(server.admin_url, autocommit=True) as admin:
        databases.replace(admin, databases.worker_database(), "template1")
    call_command("migrate", "registry", "0001", verbosity=0, interactive=False)
    with connection.cursor() as cursor:
        cursor.execute(_FIRST)
        cursor.execute("SELECT number FROM registry_revision")
        before = cursor.fetchone()[0]
    call_command("migrate", "registry", verbosity=0, interactive=False)

    from datetime import date

    from piaoju.registry import queries
    from piaoju.registry.types import Validity

    register = queries.unit_register("12510726MD2000028Q")
    record = register.record_on(date(2026, 11, 23))
    assert (record.name, record.region_codes) == ("北川医院", ("510726", "510700", "510000"))
    assert (record.supervisor_area_code, record.recipient_account, record.industry) == ("510726", "1015", "medical")
    assert register.validity == Validity(date(2019, 1, 1), None) and register.stage is None
    assert register.revision > before, "every process reads anew"
    with connection.cursor() as cursor:
        cursor.execute("SELECT bill_type_id, basis_document, region_id FROM registry_billtypeenablement")
        assert cursor.fetchall() == [("0401", "财综〔2010〕1号", "510000")]
    address = server.url_for(databases.worker_database())
    with pytest.raises(psycopg.errors.RestrictViolation), psycopg.connect(address) as database:
        database.execute("UPDATE registry_region SET level = 2 WHERE code = '510726'")
