"""A server that would share its port with another does not start."""

from __future__ import annotations

import socket

import pytest

from piaoju.ops import serving


def test_a_port_that_another_server_shares_is_refused_and_a_free_one_is_not() -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # as the server's own processes do
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(serving.PortTaken, match=str(port)):
            serving.refuse_taken_port("127.0.0.1", port)
    serving.refuse_taken_port("127.0.0.1", port)


def test_a_host_that_is_not_here_is_refused_with_what_to_do() -> None:
    with pytest.raises(serving.PortTaken, match="--host"):
        serving.refuse_taken_port("192.0.2.1", 8000)
    with pytest.raises(serving.PortTaken, match="--host"):
        serving.refuse_taken_port("no such host", 8000)
