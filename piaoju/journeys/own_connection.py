"""A connection of one's own to Django's database: for work that pipelines, copies, or must be seen before a commit."""

from __future__ import annotations

from typing import Any

import psycopg
from django.db import connection

_OF_DJANGO = ("cursor_factory", "context", "client_encoding", "prepare_threshold")


def open_own() -> psycopg.Connection[Any]:
    """A new connection, each statement its own transaction unless told otherwise. The caller closes it."""
    parameters = {name: one for name, one in connection.get_connection_params().items() if name not in _OF_DJANGO}
    return psycopg.connect(**parameters, autocommit=True)
