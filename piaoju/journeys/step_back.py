"""Who waits for one bill comes before a batch: its lanes step back while single bills are issued and the machine is crowded.

A low priority alone does not do it: the database works for both alike, and two processors of one core slow each other down.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

DESK = "piaoju desk"  # what connections over which single bills are issued call themselves
_CROWDED = 0.6  # of the time that a chunk took the lane had a processor for less than this share
_RESTS = 4  # times as long as the chunk took
_RESTS_SECONDS_MAX = 5.0  # a pause, a stop, an end of the rush is noticed after so long
_LATELY = "200 ms"


@contextmanager
def after(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Do one chunk, and then rest if others needed the processors meanwhile and single bills are being issued."""
    began, ran = time.perf_counter(), time.thread_time()
    yield
    took, ran = time.perf_counter() - began, time.thread_time() - ran
    if ran < took * _CROWDED and not connection.closed and _somebody_waits(connection):
        time.sleep(min(took * _RESTS, _RESTS_SECONDS_MAX))


def _somebody_waits(connection: psycopg.Connection[Any]) -> bool:
    row = connection.execute(
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = %s AND datname = current_database() "
        "AND state_change > clock_timestamp() - %s::interval)",
        (DESK, _LATELY),
    ).fetchone()
    return bool(row and row[0])
