"""A command that uses the database of a folder until its standard input ends (run by the engine's tests)."""

from __future__ import annotations

import sys
from pathlib import Path

from piaoju.ops import engine

with engine.running(Path(sys.argv[1]), database_url="") as server:
    try:
        print(server.url, flush=True)
        sys.stdin.read()
    except KeyboardInterrupt:
        # Ctrl-C: what the database still answers after the terminal's signal reached the whole group.
        import psycopg

        with psycopg.connect(server.url) as connection:
            print(connection.execute("SELECT 'still here'").fetchone(), flush=True)
        raise
