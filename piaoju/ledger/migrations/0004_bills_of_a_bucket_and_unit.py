"""The index of totals without items names unit and region too: who asks for one of them reads no row of another."""

from __future__ import annotations

from django.db import migrations

SQL = """
DROP INDEX ledger_total_bills;
CREATE INDEX ledger_total_bills ON ledger_total (scope, grain, bucket, unit_id, region_code) WHERE item_code = '';
"""
UNDO = """
DROP INDEX ledger_total_bills;
CREATE INDEX ledger_total_bills ON ledger_total (scope, grain, bucket) WHERE item_code = '';
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_bills_of_a_bucket")]
    operations = [migrations.RunSQL(SQL, UNDO)]
