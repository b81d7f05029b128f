"""One transaction whose statements go together, on a real database: answers in order, errors where asked, nothing half-done."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import psycopg
import pytest

from piaoju.journeys import together
from piaoju.kit.clock import SHANGHAI


@pytest.fixture
def db(database: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE TEMP TABLE kept (number int PRIMARY KEY, text text, bytes bytea, at timestamptz)")
        yield connection


def kept(connection: psycopg.Connection[Any]) -> list[int]:
    return [row[0] for row in connection.execute("SELECT number FROM kept ORDER BY 1")]


def test_each_cursor_has_its_own_rows_in_the_order_they_were_asked(db: psycopg.Connection[Any]) -> None:
    at = datetime(2026, 11, 24, 8, 30, tzinfo=SHANGHAI)
    for _ in range(3):  # prepared the first time, known from then on
        with together.transaction(db) as transaction:
            one, two = transaction.cursor(), transaction.cursor()
            one.execute("SELECT number, number || '%%' FROM unnest(%s::int[]) AS number", ("{1,2,3}",))
            two.execute("SELECT %s::text, %s::bytea, %s::timestamptz, %s::int, NULL", ("甲'\"\\", b"\0\xff", at, 7))
            assert two.fetchone() == ("甲'\"\\", b"\0\xff", at, 7, None)
            assert two.fetchone() is None
            assert one.fetchone() == (1, "1%")
            assert one.fetchall() == [(2, "2%"), (3, "3%")]
            assert one.execute("SELECT 8").fetchall() == [(8,)]
    assert db.execute("SELECT 1").fetchone() == (1,)


def test_a_cursor_that_is_used_again_tells_of_its_last_statement_only(db: psycopg.Connection[Any]) -> None:
    with together.transaction(db) as transaction:
        cursor = transaction.cursor()
        cursor.execute("SELECT 1 UNION ALL SELECT 2")
        assert cursor.execute("SELECT 3, 4").fetchall() == [(3, 4)]
        assert cursor.fetchall() == []


def test_what_was_sent_is_committed_together(db: psycopg.Connection[Any]) -> None:
    with together.transaction(db) as transaction:
        cursor = transaction.cursor()
        for number in range(5):
            cursor.execute("INSERT INTO kept (number) VALUES (%s)", (number,))
    assert kept(db) == [0, 1, 2, 3, 4]


def test_an_error_is_raised_at_the_next_answer_and_nothing_is_written(db: psycopg.Connection[Any]) -> None:
    for _ in range(3):
        with pytest.raises(psycopg.errors.UniqueViolation), together.transaction(db) as transaction:
            writing, reading = transaction.cursor(), transaction.cursor()
            writing.execute("INSERT INTO kept (number) VALUES (1)")
            writing.execute("INSERT INTO kept (number) VALUES (%s)", (1,))
            reading.execute("SELECT 1").fetchall()
            raise AssertionError("the answer came although a statement before it failed")
        assert kept(db) == []


def test_an_error_that_nobody_asked_for_is_raised_by_the_commit(db: psycopg.Connection[Any]) -> None:
    with pytest.raises(psycopg.errors.UniqueViolation), together.transaction(db) as transaction:
        transaction.cursor().execute("INSERT INTO kept (number) VALUES (1)")
        transaction.cursor().execute("INSERT INTO kept (number) VALUES (1)")
        transaction.cursor().execute("SELECT 1")
    assert kept(db) == []
    with together.transaction(db) as transaction:
        transaction.cursor().execute("INSERT INTO kept (number) VALUES (2)")
    assert kept(db) == [2]


def test_a_statement_that_cannot_be_prepared_is_an_error_and_may_be_tried_again(db: psycopg.Connection[Any]) -> None:
    for _ in range(2):
        with pytest.raises(psycopg.errors.UndefinedTable), together.transaction(db) as transaction:
            transaction.cursor().execute("SELECT number FROM not_there_yet")
    db.execute("CREATE TEMP TABLE not_there_yet AS SELECT 5 AS number")
    with together.transaction(db) as transaction:
        assert transaction.cursor().execute("SELECT number FROM not_there_yet").fetchall() == [(5,)]


def test_a_block_that_fails_writes_nothing(db: psycopg.Connection[Any]) -> None:
    with pytest.raises(KeyError), together.transaction(db) as transaction:
        transaction.cursor().execute("INSERT INTO kept (number) VALUES (1)").fetchall()
        transaction.cursor().execute("SELECT number FROM kept")
        raise KeyError
    assert kept(db) == []


def test_statements_without_end_do_not_fill_the_connection(db: psycopg.Connection[Any]) -> None:
    for first in range(0, 400, 100):
        with together.transaction(db) as transaction:
            cursor = transaction.cursor()
            found = [cursor.execute(f"SELECT {number}").fetchone() for number in range(first, first + 100)]
        assert found == [(number,) for number in range(first, first + 100)]
    (prepared,) = db.execute("SELECT count(*) FROM pg_prepared_statements").fetchone() or (0,)
    assert 100 < prepared <= 200


def test_much_in_both_directions_does_not_stand_still(db: psycopg.Connection[Any]) -> None:
    much = b"\x07" * 3_000_000
    with together.transaction(db) as transaction:
        cursors = [transaction.cursor().execute("SELECT %s::bytea", (much,)) for _ in range(8)]
        assert [cursor.fetchall() for cursor in cursors] == [[(much,)]] * 8


def test_a_connection_that_is_cut_is_told_and_closed(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as other, psycopg.connect(database, autocommit=True) as cut:
        with pytest.raises(psycopg.OperationalError), together.transaction(cut) as transaction:
            transaction.cursor().execute("SELECT 1").fetchall()
            other.execute("SELECT pg_terminate_backend(%s)", (cut.info.backend_pid,))
            transaction.cursor().execute("SELECT pg_sleep(5)").fetchall()
        assert cut.closed


def test_a_line_that_is_cut_without_a_word_is_told_and_closed(database: str) -> None:
    for asked_before_it in (True, False):
        with psycopg.connect(database, autocommit=True) as cut:
            with pytest.raises(psycopg.OperationalError), together.transaction(cut) as transaction:
                cursor = transaction.cursor().execute("SELECT 1")
                if asked_before_it:
                    cursor.fetchall()
                with socket.socket(fileno=os.dup(cut.pgconn.socket)) as line:
                    line.shutdown(socket.SHUT_RDWR)
                transaction.cursor().execute("SELECT 2")
            assert cut.closed
