"""Real PostgreSQL for tests: one embedded server a run, a fresh migrated database a test.

Django is set up once, on a database name of this worker's own; `database` puts a fresh copy of the
migrated template under that name (about 30 ms), so commits, threads and constraints are all real.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from piaoju.ops import engine
from piaoju.ops.engine import postmaster

PREFIX = "piaoju-test-"
TEMPLATE = "piaoju_template"
_serial = itertools.count(1)


def make_folder() -> tuple[Path, int]:
    """A folder the database's account can reach, and the lock that shows its run is alive."""
    sweep()
    folder = open_folder()
    return folder, hold(folder)


def open_folder(parent: Path = Path("/tmp"), prefix: str = PREFIX) -> Path:
    """A fresh folder that a dropped account may pass through; pytest's own are closed to it."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    folder.chmod(0o711)
    return folder


def hold(folder: Path) -> int:
    descriptor = os.open(folder / "alive.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return descriptor


def sweep() -> None:
    """What a killed run left behind is stopped and removed."""
    for folder in Path("/tmp").glob(PREFIX + "*"):
        if folder.stat().st_uid != os.geteuid() or not (folder / "alive.lock").exists():
            continue
        try:
            descriptor = hold(folder)
        except BlockingIOError:
            continue
        remove(folder)
        os.close(descriptor)


def remove(folder: Path) -> None:
    """The folder is gone, and every server that ran in it has ended."""
    for pid_file in [*folder.rglob("postmaster.pid")]:
        postmaster.stop(pid_file.parent)
    shutil.rmtree(folder, ignore_errors=True)


def address(folder: Path, name: str) -> str:
    """The address the server of this folder will have, known before it runs."""
    return f"postgresql://piaoju@/{name}?host={folder}/pg/run"


def worker_database() -> str:
    return f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"


def set_django_up(folder: Path) -> Exception | None:
    """Django bound to this worker's database; what went wrong, for the tests that need it.

    The variables are set only while the settings are read: commands that tests start find none of ours.
    """
    import django
    from django.test.utils import setup_test_environment

    ours = {
        "DJANGO_SETTINGS_MODULE": "piaoju.sites.settings",
        "PIAOJU_DATA": str(folder / "data"),
        "PIAOJU_DATABASE_URL": address(folder, worker_database()),
    }
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    try:
        django.setup()
        setup_test_environment()
    except Exception as error:  # noqa: BLE001 - pure tests run even so; those with a database say why
        return error
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        # Django looks its settings module up by this name again in some commands.
        os.environ["DJANGO_SETTINGS_MODULE"] = ours["DJANGO_SETTINGS_MODULE"]
    return None


@contextmanager
def migrated_template(server: engine.Server, folder: Path) -> Iterator[str]:
    """The name of a database with every migration applied, made once for all workers."""
    with (folder / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with psycopg.connect(server.admin_url, autocommit=True) as admin:
            if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE]).fetchone():
                migrate(server, folder, admin)
    yield TEMPLATE


# Every start prepares the months around the present; the tests' own dates are of these months.
_MIGRATE = """
import datetime, django
django.setup()
from django.core.management import call_command
from django.db import connection
from piaoju.journeys import keep_books
from piaoju.kit import partitions
call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
keep_books.prepare_months()
with connection.cursor() as cursor:
    cursor.execute(partitions.ensure_partitions_sql(keep_books.PARTITIONED, datetime.date(2026, 10, 1), 3))
"""


def migrate(server: engine.Server, folder: Path, admin: psycopg.Connection) -> None:
    replace(admin, "migrating", "template1")
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "piaoju.sites.settings",
        "PIAOJU_DATA": str(folder / "data"),
        "PIAOJU_DATABASE_URL": server.url_for("migrating"),
    }
    command = [sys.executable, "-c", _MIGRATE]
    outcome = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if outcome.returncode != 0:
        raise RuntimeError(f"migrations failed:\n{outcome.stdout}\n{outcome.stderr}")
    admin.execute(sql.SQL("ALTER DATABASE migrating RENAME TO {}").format(sql.Identifier(TEMPLATE)))


def replace(admin: psycopg.Connection, name: str, template: str) -> None:
    """The database `name` is a fresh copy of `template`; connections to the old one are cut."""
    admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
    admin.execute(sql.SQL("CREATE DATABASE {} OWNER piaoju TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))


@contextmanager
def fresh(server: engine.Server, template: str) -> Iterator[str]:
    """Django's database is a fresh copy of the template; its address."""
    from django.db import connections

    connections.close_all()
    with psycopg.connect(server.admin_url, autocommit=True) as admin:
        replace(admin, worker_database(), template)
    try:
        yield server.url_for(worker_database())
    finally:
        connections.close_all()


@contextmanager
def empty(server: engine.Server) -> Iterator[str]:
    """An empty database of its own, dropped afterwards; its address."""
    name = f"{worker_database()}_empty_{next(_serial)}"
    with psycopg.connect(server.admin_url, autocommit=True) as admin:
        replace(admin, name, "template1")
        try:
            yield server.url_for(name)
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
