"""The processes of a site: one server process a core, one keeper behind the commits, workers for jobs."""

from __future__ import annotations

import os
import socket

from granian import Granian
from granian.constants import Interfaces, RuntimeModes
from granian.log import LogLevels

from piaoju.kit import errors
from piaoju.ops import watched
from piaoju.ops.session import Session
from piaoju.ops.telling import Teller
from piaoju.ops.watched import SECONDS_TO_END, Watched

APPLICATION = "piaoju.sites.asgi:application"
KEEPER = "piaoju.ops.keeper"  # without it no new month is prepared


def serve(opened: Session, *, host: str, port: int, tell: Teller, workers: int = 0) -> None:
    """Serve until told to end. Orders accepted are finished; then keeper and workers end, then the database."""
    refuse_taken_port(host, port)
    workers = workers or os.cpu_count() or 1
    # The processes share the cores already: a batch of signatures split among threads would only wait for itself.
    os.environ.setdefault("PIAOJU_SIGNER_THREADS", str(max(1, (os.cpu_count() or 1) // workers)))
    beside = [Watched(KEEPER), *watched.workers()]
    tell.step(f"打开 http://{host}:{port}  （Ctrl-C 停止）")
    try:
        Granian(
            APPLICATION,
            address=host,
            port=port,
            interface=Interfaces.ASGI,
            workers=workers,
            log_level=LogLevels.warning,
            respawn_failed_workers=True,
            workers_kill_timeout=SECONDS_TO_END,
            backlog=1024,
            runtime_mode=RuntimeModes.st,
        ).serve()
    finally:
        watched.end_all(beside)


class PortTaken(errors.Unavailable):
    """Another program listens there already."""

    code = "port_taken"
    label = "端口已被别的程序占用"


def refuse_taken_port(host: str, port: int) -> None:
    """The server's processes share their port, so two servers would share it too, and each get half of the requests."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        reason = f"{host} 的端口 {port} 不能用（{error.strerror}）"
        raise PortTaken(f"{reason}。请用 --port 或 --host 换一个，或先停掉占用它的程序") from error
