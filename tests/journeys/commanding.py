"""Commands that act for a person, run in a test: signed in with the next one-time code, the installation already open."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from piaoju.journeys import premises
from piaoju.kit.errors import PiaojuError
from piaoju.ops import as_operator, cli, session
from tests.journeys.signing_in import PASSWORD, code
from tests.offices import Installed

Run = Callable[..., dict[str, Any]]
_codes = iter(range(1, 1000))


def runner(site: Installed, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command as somebody; its last line. A refusal is its own result, as `main` tells it."""

    @contextmanager
    def opened(data: Path) -> Iterator[None]:
        yield

    monkeypatch.setattr(session, "opened", opened)
    monkeypatch.setenv("PIAOJU_DATABASE_URL", site.url)

    def runs(username: str, *words: str, exits: int = 0) -> dict[str, Any]:
        # A one-time code works once: each command is given the next one.
        moment = site.office.clock() + timedelta(seconds=30 * next(_codes))
        premises.open_office(dataclasses.replace(site.office, clock=lambda: moment))
        monkeypatch.setenv(as_operator.PASSWORD, PASSWORD)
        monkeypatch.setenv(as_operator.CODE, code(moment))
        ran = CliRunner().invoke(cli.app, [*words, "--as", username, "--json"])
        if isinstance(ran.exception, PiaojuError):
            assert exits == cli._exit_code(ran.exception)
            return {"refused": ran.exception.code_value}
        assert ran.exit_code == exits, (ran.output, ran.exception)
        result: dict[str, Any] = json.loads(ran.output.splitlines()[-1])["result"]
        return result

    return runs
