"""日结: what the units of an industry, a mode, a governing department came to on a day that is over, added up once and for ever.

Nobody becomes anything else for a day that has passed (registry's promise), so a closed day stays true. It names the sheets
that it holds: should a fact of that day come in later after all, it no longer counts as closed, and is closed again.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

DIMENSIONS = {"governing": "governing_department_id", "industry": "industry", "mode": "connection_mode"}
SETTLED = timedelta(minutes=5)  # so long after its end a day is closed: whoever issued at its last instant has committed

# What a unit was on the day of a row ("of" names unit and day): the record of that day, or else the nearest one.
LABEL = """coalesce(r.{column}, (SELECT n.{column} FROM registry_unitrecord AS n WHERE n.unit_id = {of}.unit_id
    ORDER BY n.valid_from <= {of}.day DESC, n.valid_from DESC, n.id DESC LIMIT 1), '')"""
RECORD = """LEFT JOIN registry_unitrecord AS r ON r.unit_id = {of}.unit_id AND r.valid_from <= {of}.day
    AND (r.valid_to IS NULL OR {of}.day < r.valid_to)"""
_SHEETS = """(SELECT sum(t.sheets) FROM ledger_total AS t WHERE t.scope = 3 AND t.grain = {grain} AND t.unit_id = 0
    AND t.region_code = '' AND t.bucket = {bucket} AND t.item_code = '')"""


def closed(where: str = "true") -> str:
    """SQL of the closed days and months (c) of a dimension and a time that hold every sheet the ledger has of them."""
    return f"""SELECT d.grain, d.bucket FROM (SELECT * FROM reporting_closedtime AS c
        WHERE c.dimension = %s AND c.bucket >= %s AND c.bucket < %s AND {where} OFFSET 0) AS d
    WHERE d.sheets = {_SHEETS.format(grain="d.grain", bucket="d.bucket")}"""


_OPEN_DAYS = """
SELECT bucket FROM ledger_total WHERE scope = 3 AND grain = 2 AND unit_id = 0 AND region_code = '' AND item_code = ''
    AND bucket < date_trunc('day', %s, 'Asia/Shanghai') AND NOT EXISTS (SELECT FROM ledger_delta WHERE hour < %s)
GROUP BY bucket HAVING sum(sheets) IS DISTINCT FROM (SELECT c.sheets FROM reporting_closedtime AS c
    WHERE c.dimension = %s AND c.grain = 2 AND c.bucket = ledger_total.bucket)
ORDER BY bucket DESC LIMIT 1
"""
_CLOSE = f"""
WITH closed AS (
    INSERT INTO reporting_closedtime (dimension, grain, bucket, sheets)
    SELECT %(dimension)s, %(grain)s, %(bucket)s, {_SHEETS.format(grain="%(grain)s", bucket="%(bucket)s")}
)
INSERT INTO reporting_grouptotal (dimension, grain, bucket, label, bill_type_code, kind, sheets, amount_fen)
"""
_DAY = """
SELECT %(dimension)s, 2, bucket, {label}, bill_type_code, kind, sum(sheets), sum(amount_fen)
FROM (SELECT *, (bucket AT TIME ZONE 'Asia/Shanghai')::date AS day FROM ledger_total
      WHERE scope = 1 AND grain = 2 AND bucket = %(bucket)s AND item_code = '') AS t {record}
GROUP BY 3, 4, 5, 6
"""
# A month that is over and whose days with facts are all closed is what they come to.
_OPEN_MONTH = f"""
WITH closed AS ({closed()})
SELECT t.bucket FROM ledger_total AS t
WHERE t.scope = 3 AND t.grain = 3 AND t.unit_id = 0 AND t.region_code = '' AND t.item_code = ''
    AND t.bucket < date_trunc('month', %s, 'Asia/Shanghai')
    AND NOT EXISTS (SELECT FROM closed WHERE grain = 3 AND bucket = t.bucket)
GROUP BY t.bucket HAVING sum(t.sheets) = (SELECT sum(g.sheets) FROM reporting_grouptotal AS g JOIN closed USING (grain, bucket)
    WHERE g.dimension = %s AND g.grain = 2 AND date_trunc('month', g.bucket, 'Asia/Shanghai') = t.bucket)
ORDER BY 1 DESC LIMIT 1
"""
_MONTH = """
SELECT %(dimension)s, 3, %(bucket)s, label, bill_type_code, kind, sum(sheets), sum(amount_fen) FROM reporting_grouptotal
WHERE dimension = %(dimension)s AND grain = 2 AND date_trunc('month', bucket, 'Asia/Shanghai') = %(bucket)s
GROUP BY 4, 5, 6
"""
_DROP = "DELETE FROM reporting_closedtime WHERE dimension = %(dimension)s AND grain = %(grain)s AND bucket = %(bucket)s"
_EVER = (datetime(1950, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC))


def close_next(now: datetime) -> bool:
    """Close one day or month, the newest that is over and not closed, in the caller's transaction; False: none is left.

    Whoever calls holds off the folding of totals, so that what is added up is what is named.
    """
    settled = now - SETTLED
    for dimension, column in DIMENSIONS.items():
        day = _first(_OPEN_DAYS, [settled, settled, dimension])
        if day:
            text = _DAY.format(label=LABEL.format(column=column, of="t"), record=RECORD.format(of="t"))
            _close(text, {"dimension": dimension, "grain": 2, "bucket": day[0]})
            return True
        month = _first(_OPEN_MONTH, [dimension, *_EVER, settled, dimension])
        if month:
            _close(_MONTH, {"dimension": dimension, "grain": 3, "bucket": month[0]})
            return True
    return False


def _first(text: str, values: list[Any]) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row


def _close(text: str, values: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_DROP, values)
        cursor.execute(_CLOSE + text, values)
