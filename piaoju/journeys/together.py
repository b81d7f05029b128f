"""One transaction whose statements go to the database together: nothing is waited for before its answer is asked for.

The driver's own pipeline sends each statement alone, and both sides wake for each: half a millisecond of processor for six
statements that need a tenth. Here they gather until somebody fetches, or until the commit; each is prepared once a connection.
"""

from __future__ import annotations

import select
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from psycopg import pq
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result

_STATEMENTS_MAX = 200  # a connection keeps so many prepared; the journeys have some thirty
_DONE = (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK)

_Rows = deque[tuple[Any, ...]]
_Key = tuple[str, tuple[int, ...]]
_Waiting = tuple[_Rows | None, _Key | None, bytes]  # where its rows go; or what is prepared now, and by which name


@contextmanager
def transaction(connection: psycopg.Connection[Any]) -> Iterator[Together]:
    """Commit what the block sends, or nothing of it. The connection is in autocommit, and in no transaction.

    Raises psycopg's errors, each where an answer is first asked for after it happened: at a fetch, or at the end.
    """
    together = Together(connection)
    try:
        yield together
        together.commit()
    except BaseException:
        together.roll_back()
        raise
    finally:
        together.leave()


class Cursor:
    """As much of a cursor as rooms need: send a statement, fetch its rows."""

    def __init__(self, together: Together) -> None:
        self._together = together
        self._rows: _Rows = deque()

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> Cursor:
        """Send a statement; nothing is waited for. What was asked before and not fetched is forgotten."""
        self._rows = deque()
        self._together.send(statement, parameters, self._rows)
        return self

    def fetchall(self) -> list[tuple[Any, ...]]:
        """The rows of the last statement that have not been fetched yet, once it is done."""
        self._together.await_answer(self._rows)
        rows = list(self._rows)
        self._rows.clear()
        return rows

    def fetchone(self) -> tuple[Any, ...] | None:
        """The next row of the last statement, once it is done."""
        self._together.await_answer(self._rows)
        return self._rows.popleft() if self._rows else None


class Together:
    """The statements of one transaction under way."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._wire = connection.pgconn
        self._statements = _statements(connection)
        self._waiting: deque[_Waiting] = deque()
        self._marks = 0
        self._wire.enter_pipeline_mode()
        self.send("BEGIN", ())

    def cursor(self) -> Cursor:
        """A cursor of this transaction."""
        return Cursor(self)

    def send(self, statement: str, parameters: Sequence[Any], rows: _Rows | None = None) -> None:
        """Have a statement go with the others, and its rows come here."""
        values, types, formats = self._statements.dump(parameters)
        key = (statement, types)
        name = self._statements.names.get(key)
        if name is None and len(self._statements.names) >= _STATEMENTS_MAX:
            self._wire.send_query_params(_numbered(statement), values, types, formats)
            self._waiting.append((rows, None, b""))
            return
        if name is None:
            name = self._statements.new_name()
            self._wire.send_prepare(name, _numbered(statement), types)
            self._waiting.append((None, key, name))
        self._wire.send_query_prepared(name, values, formats)
        self._waiting.append((rows, None, name))

    def await_answer(self, rows: _Rows) -> None:
        """Wait until the statement whose rows come here is done. Raises the error of the first that failed."""
        if self._awaits(rows):
            self._wire.send_flush_request()
            while self._awaits(rows):
                self._receive()

    def commit(self) -> None:
        """Commit, and wait for it."""
        self.send("COMMIT", ())
        self._leave_mark()
        while self._waiting:
            self._receive()
        self._until_marks()

    def roll_back(self) -> None:
        """Nothing of it happened. A connection that is gone has rolled back already."""
        try:
            self._waiting.clear()
            self._leave_mark()
            self._until_marks()
            if self._wire.transaction_status != pq.TransactionStatus.IDLE:
                self._wire.send_query_params(b"ROLLBACK", None)
                self._leave_mark()
                self._until_marks()
        except psycopg.Error:
            self._connection.close()

    def leave(self) -> None:
        """Give the connection back as it was."""
        if not self._connection.closed:
            self._wire.exit_pipeline_mode()

    def _awaits(self, rows: _Rows) -> bool:
        return any(one[0] is rows for one in self._waiting)

    def _receive(self) -> None:
        """The answer of the statement that has waited longest."""
        rows, key, name = self._waiting.popleft()
        result = self._next_result()
        if result is None:
            raise psycopg.InterfaceError("a statement got no answer")
        if result.status not in _DONE:
            raise error_from_result(result, "utf-8")
        if key is not None:
            self._statements.names[key] = name
        elif rows is not None:
            rows.extend(self._statements.rows(result))
        self._next_result()  # what ends the answer of one statement

    def _leave_mark(self) -> None:
        self._wire.pipeline_sync()
        self._marks += 1

    def _until_marks(self) -> None:
        """Read on past every mark: nothing is under way any more."""
        while self._marks:
            result = self._next_result()
            if result is not None and result.status == pq.ExecStatus.PIPELINE_SYNC:
                self._marks -= 1

    def _next_result(self) -> pq.abc.PGresult | None:
        """The next result, waited for without the interpreter's lock. Raises OperationalError where the line is cut."""
        wire = self._wire
        unsent = wire.flush()
        while wire.is_busy():
            ready = select.poll()
            ready.register(wire.socket, select.POLLIN | (select.POLLOUT if unsent else 0))
            ready.poll()
            wire.consume_input()
            unsent = wire.flush()
        return wire.get_result()


class _Statements:
    """What one connection has prepared, and how it turns values into bytes and back."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.names: dict[_Key, bytes] = {}
        self._transformer = Transformer(connection)
        self._count = 0

    def new_name(self) -> bytes:
        self._count += 1
        return f"together_{self._count}".encode()

    def dump(self, parameters: Sequence[Any]) -> tuple[Any, tuple[int, ...], Any]:
        values = self._transformer.dump_sequence(parameters, [PyFormat.AUTO] * len(parameters))
        return values, self._transformer.types or (), self._transformer.formats

    def rows(self, result: pq.abc.PGresult) -> list[tuple[Any, ...]]:
        if not result.ntuples:
            return []
        self._transformer.set_pgresult(result)
        return self._transformer.load_rows(0, result.ntuples, tuple)


_of_connection: WeakKeyDictionary[psycopg.Connection[Any], _Statements] = WeakKeyDictionary()


def _statements(connection: psycopg.Connection[Any]) -> _Statements:
    kept = _of_connection.get(connection)
    if kept is None:
        kept = _of_connection[connection] = _Statements(connection)
    return kept


@lru_cache(maxsize=_STATEMENTS_MAX)
def _numbered(statement: str) -> bytes:
    """The statement with $1, $2 … where the rooms write %s."""
    parts = statement.split("%s")
    text = "".join(f"{part}${place}" for place, part in enumerate(parts[:-1], 1)) + parts[-1]
    return text.replace("%%", "%").encode()
