"""Totals by what units are: closed for days and months that are over, when nobody becomes anything else any more."""

from __future__ import annotations

from django.db import migrations

SQL = """
CREATE TABLE reporting_closedtime (
    dimension text COLLATE "C" NOT NULL,
    grain smallint NOT NULL CHECK (grain IN (2, 3)),
    bucket timestamptz NOT NULL,
    sheets numeric(39) NOT NULL,
    PRIMARY KEY (dimension, grain, bucket)
);
CREATE TABLE reporting_grouptotal (
    dimension text COLLATE "C" NOT NULL,
    grain smallint NOT NULL,
    bucket timestamptz NOT NULL,
    label text COLLATE "C" NOT NULL,
    bill_type_code text COLLATE "C" NOT NULL,
    kind smallint NOT NULL,
    sheets numeric(39) NOT NULL,
    amount_fen numeric(39) NOT NULL,
    PRIMARY KEY (dimension, grain, bucket, label, bill_type_code, kind),
    FOREIGN KEY (dimension, grain, bucket) REFERENCES reporting_closedtime ON DELETE CASCADE
);
"""


class Migration(migrations.Migration):
    dependencies = [("reporting", "0006_bulletins")]
    operations = [migrations.RunSQL(SQL, "DROP TABLE reporting_grouptotal, reporting_closedtime;")]
