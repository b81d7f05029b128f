"""Whether a bill was converted to paper is asked for every row of a list: by its number, not by the time of it."""

from __future__ import annotations

from django.db import migrations

SQL = "CREATE INDEX ledger_fact_converted ON ledger_fact (unit_id, bill_code, bill_number) WHERE kind = 5;"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]
    operations = [migrations.RunSQL(SQL, "DROP INDEX ledger_fact_converted;")]
