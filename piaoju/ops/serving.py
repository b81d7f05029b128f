"""The processes of a site: one server process a core, and one keeper behind the commits."""

from __future__ import annotations

import os
import subprocess
import sys

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from piaoju.ops.session import Session
from piaoju.ops.telling import Teller

APPLICATION = "piaoju.sites.asgi:application"
KEEPER_SECONDS_TO_END = 30


def serve(opened: Session, *, host: str, port: int, tell: Teller, workers: int = 0) -> None:
    """Serve until told to end. Orders accepted are finished; then the keeper ends, then the database."""
    # In the server's own session: the kernel weighs priorities only among processes of one session.
    keeper = subprocess.Popen([sys.executable, "-m", "piaoju.ops.keeper"])
    tell.step(f"打开 http://{host}:{port}  （Ctrl-C 停止）")
    try:
        Granian(
            APPLICATION,
            address=host,
            port=port,
            interface=Interfaces.ASGI,
            workers=workers or os.cpu_count() or 1,
            log_level=LogLevels.warning,
            respawn_failed_workers=True,
            workers_kill_timeout=KEEPER_SECONDS_TO_END,
            backlog=1024,
        ).serve()
    finally:
        keeper.terminate()
        try:
            keeper.wait(KEEPER_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            keeper.kill()
