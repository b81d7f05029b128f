"""The embedded PostgreSQL of a data folder: `with engine.running(folder) as server:`."""

from __future__ import annotations

from .errors import EngineRefused, EngineUnavailable
from .launcher import Server, running

__all__ = ["EngineRefused", "EngineUnavailable", "Server", "running"]
