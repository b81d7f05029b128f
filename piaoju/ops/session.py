"""What every command with a database does first: data folder, engine, migrations, office."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from piaoju.ops import engine, installation


@dataclass(frozen=True, slots=True)
class Session:
    """An open installation: its folder, its database."""

    installation: installation.Installation
    server: engine.Server


@contextmanager
def opened(data: Path, *, with_office: bool = True) -> Iterator[Session]:
    """The installation in `data`, its database up and at this version's schema, for as long as the block runs."""
    place = installation.open_installation(data)
    with engine.running(place.folder) as server:
        os.environ["PIAOJU_DATA"] = str(place.folder)
        os.environ["PIAOJU_DATABASE_URL"] = server.url
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "piaoju.sites.settings")
        import django

        django.setup()
        _migrate()
        if with_office:
            _open_office()
        yield Session(place, server)


def _migrate() -> None:
    from django.core.management import call_command
    from django.db import connection

    from piaoju.journeys import keep_books

    # Two commands may start at once: one brings the schema up, the other waits and finds it there.
    with psycopg.connect(os.environ["PIAOJU_DATABASE_URL"], autocommit=True) as turn:
        turn.execute("SELECT pg_advisory_lock(hashtextextended('piaoju schema', 0))")
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")  # pages have one; a change of tables takes as long as they are large
            call_command("migrate", verbosity=0, interactive=False)
            cursor.execute("RESET statement_timeout")
        keep_books.prepare_months()


def _open_office() -> None:
    from django.conf import settings
    from django.utils.module_loading import import_string

    from piaoju.journeys import premises
    from piaoju.journeys.office import Office

    build: Callable[[], Office] = import_string(settings.OFFICE)
    premises.open_office(build())
