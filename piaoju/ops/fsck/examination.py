"""The whole examination, in one snapshot: writers may go on meanwhile, nothing is locked, nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from piaoju.crypto.certificates import Trust
from piaoju.ops.fsck import bills, facts, files, guards, log, numbers, places, sequels, totals
from piaoju.ops.fsck.difference import Difference
from piaoju.standard.face.fonts import FontChain


def examine(
    connection: Any,
    data_folder: Path,
    trust: Trust,
    fonts: FontChain | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Difference]:
    """Recount totals, numbers, signatures, log and files; an empty list means that everything agrees.

    `connection` commits each statement by itself and is in no transaction. `progress` is told what begins.
    """
    found: list[Difference] = []
    head = data_folder / "log" / "checkpoint"
    published = head.read_bytes() if head.exists() else None
    exported = files.exported(data_folder)
    with _one_snapshot(connection):
        progress("防改设置")
        found += guards.examine(connection)
        progress("记账行与票据")
        found += facts.examine(connection)
        progress("冲红与换开")
        found += sequels.examine(connection)
        progress("统计汇总")
        found += totals.examine(connection)
        progress("票据号码")
        found += numbers.examine(connection)
        progress("号码流转")
        found += places.examine(connection)
        progress("签名与原文")
        found += bills.examine(connection, data_folder, trust, fonts)
        progress("存证日志")
        found += log.examine(connection, data_folder / "log", published)
        progress("导出的文件")
        found += files.examine(connection, data_folder, exported, trust, fonts)
    return found


@contextmanager
def _one_snapshot(connection: Any) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            # Set for this transaction only: a recount of years takes longer than a page may.
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute("SET LOCAL jit = off")
            yield
        finally:
            cursor.execute("ROLLBACK")
