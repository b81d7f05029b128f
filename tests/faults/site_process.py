"""A whole site as separate processes: founded in a folder, served on a free port, killed and started again."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg

START_SECONDS = 120
PIAOJU = [sys.executable, "-m", "piaoju.ops.cli"]


class Site:
    """One installation and its server. `kill_server` and `kill_database` are power cuts: SIGKILL, nothing is told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.main: subprocess.Popen[bytes] | None = None
        # Commands that tests start are told nothing of the test process's own database.
        self.environment = {
            name: text for name, text in os.environ.items()
            if name not in ("PIAOJU_DATABASE_URL", "PIAOJU_DATA", "DJANGO_SETTINGS_MODULE")
        } | {"PIAOJU_PROFILE": "demonstration"}  # fmt: skip

    def found(self, *unit_codes: str) -> dict[str, dict[str, str]]:
        """Found it with these units of the demonstration; their API clients by unit code."""
        command = [sys.executable, "-m", "tests.faults.found_site", str(self.folder), *unit_codes]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-8000:]
        clients = json.loads(done.stdout.splitlines()[-1])
        return {client["unit_code"]: client for client in clients}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`piaoju …` on this installation, to its end."""
        command = [*PIAOJU, *arguments, "--data", str(self.folder)]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)

    def examine(self) -> list[dict[str, str]]:
        """What `piaoju fsck` finds."""
        done = self.run("fsck", "--json")
        told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        assert told and "result" in told[-1], done.stderr[-8000:]
        found = [row for row in told if "part" in row]
        assert done.returncode == (1 if found else 0)
        return found

    def start(self) -> None:
        """Serving, and ready."""
        log = (self.folder.parent / "serve.log").open("ab")
        command = [*PIAOJU, "serve", "--port", str(self.port), "--data", str(self.folder)]
        self.main = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log, start_new_session=True)
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            assert self.main is not None and self.main.poll() is None, self.log()
            with suppress(OSError, http.client.HTTPException):
                if self.get("/readyz")[0] == 200:
                    return
            time.sleep(0.1)
        raise AssertionError(f"not ready after {START_SECONDS} s: {self.log()}")

    def log(self) -> str:
        return (self.folder.parent / "serve.log").read_text(errors="replace")[-8000:]

    def processes(self) -> list[psutil.Process]:
        """The server's processes: the first, its workers, the keeper; not the database."""
        assert self.main is not None
        found = [psutil.Process(self.main.pid)]
        for each in found[0].children(recursive=True):
            with suppress(psutil.NoSuchProcess):  # a short one may end while it is looked at
                if each.name() != "postgres":
                    found.append(each)
        return found

    def kill_server(self) -> None:
        """SIGKILL to every process of the server, all stopped first so that none acts on another's end."""
        assert self.main is not None
        doomed = self.processes()
        assert len(doomed) >= 3, doomed
        for sign in (signal.SIGSTOP, signal.SIGKILL):
            for each in doomed:
                with suppress(psutil.NoSuchProcess):
                    each.send_signal(sign)
        psutil.wait_procs(doomed, timeout=30)
        self.main.wait(30)

    def kill_database(self) -> None:
        """SIGKILL to the postmaster and all its children; the site has to bring it up again by itself."""
        pid = int((self.folder / "pg" / "cluster" / "postmaster.pid").read_text().split()[0])
        first = psutil.Process(pid)
        doomed = [first, *first.children(recursive=True)]
        for each in doomed:
            with suppress(psutil.NoSuchProcess):
                each.kill()
        psutil.wait_procs(doomed, timeout=30)

    def stop(self) -> None:
        """End it as an operator does; nothing of it is left."""
        if self.main is None or self.main.poll() is not None:
            return
        every = self.processes()
        self.main.terminate()
        _, left = psutil.wait_procs(every, timeout=60)
        for each in left:
            each.kill()
        assert not left, f"did not end when told to: {left}"

    def kill_what_is_left(self) -> None:
        """After a test that failed: nothing of its server goes on. The folder's fixture ends the database."""
        if self.main is not None and self.main.poll() is None:
            self.kill_server()

    def connect(self) -> psycopg.Connection[Any]:
        """The application's database."""
        return psycopg.connect(f"postgresql://piaoju@/piaoju?host={self.folder}/pg/run", autocommit=True)

    def connect_as_owner_of_all(self) -> psycopg.Connection[Any]:
        """The same as the superuser, whom no trigger stops."""
        return psycopg.connect(f"postgresql://postgres@/piaoju?host={self.folder}/pg/run", autocommit=True)

    def get(self, path: str, token: str = "") -> tuple[int, dict[str, str], bytes]:
        return self.ask("GET", path, token=token)

    def ask(
        self, method: str, path: str, body: bytes | None = None, *, token: str = "", media: str = "application/json",
        timeout: float = 60.0,
    ) -> tuple[int, dict[str, str], bytes]:  # fmt: skip
        """One request on a connection of its own: status, headers (lower case), body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            headers = {"Content-Type": media} | ({"Authorization": f"Bearer {token}"} if token else {})
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def token(self, client: dict[str, str]) -> str:
        """A bearer token of this client."""
        form = f"grant_type=client_credentials&client_id={client['client_id']}&client_secret={client['client_secret']}"
        status, _, body = self.ask("POST", "/api/v1/token", form.encode(), media="application/x-www-form-urlencoded")
        assert status == 200, (body, self.log())
        return str(json.loads(body)["access_token"])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
