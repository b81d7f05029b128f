"""Totals of bills without their items, over all units: found among the rows of items by an index of their own.

What was converted is told by the bill's sequels, so that nothing asks facts by number any more.
"""

from __future__ import annotations

from django.db import migrations

SQL = """
CREATE INDEX ledger_total_bills ON ledger_total (scope, grain, bucket) WHERE item_code = '';
DROP INDEX ledger_fact_converted;
"""
UNDO = """
DROP INDEX ledger_total_bills;
CREATE INDEX ledger_fact_converted ON ledger_fact (unit_id, bill_code, bill_number) WHERE kind = 5;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_converted")]
    operations = [migrations.RunSQL(SQL, UNDO)]
