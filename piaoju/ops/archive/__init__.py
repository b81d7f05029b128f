"""A backup: the whole of a data folder, and the proof that it is whole."""

from __future__ import annotations

from .errors import ArchiveRefused
from .reader import Restored, restore
from .writer import Written, write

__all__ = ["ArchiveRefused", "Restored", "Written", "restore", "write"]
