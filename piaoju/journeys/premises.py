"""The one issuing office and group writer of this process. The site opens them at start and closes them at the end."""

from __future__ import annotations

from piaoju.journeys.group_writer import GroupWriter
from piaoju.journeys.office import Office
from piaoju.journeys.registers import Registers

_office: Office | None = None
_registers = Registers()
_writer: GroupWriter | None = None


def open_office(office: Office) -> None:
    """From now on journeys of this process use this office."""
    global _office, _registers
    _office, _registers = office, Registers()  # what another office knew of a unit is not known of this one's


def open_writer(database_url: str, *, threads: int = 2) -> None:
    """Start the group writer of this process."""
    global _writer
    if _writer is None:
        _writer = GroupWriter(office(), database_url, threads=threads)


def close_writer() -> None:
    """Finish what was accepted and end the group writer."""
    global _writer
    if _writer is not None:
        _writer.close()
        _writer = None


def office() -> Office:
    """The office of this process. A site that did not open one is a mistake of ours, not of a caller."""
    if _office is None:
        raise RuntimeError("the office is not open: call premises.open_office at start")
    return _office


def registers() -> Registers:
    """What the pages of this process remember of the registry; the group writer has its own."""
    return _registers


def writer() -> GroupWriter:
    """The group writer of this process."""
    if _writer is None:
        raise RuntimeError("the group writer is not open: call premises.open_writer at start")
    return _writer
